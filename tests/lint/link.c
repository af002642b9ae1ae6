/* SPDX-License-Identifier: BSD-2-Clause */
/* A program of nothing but one room, whole, and what that room may be linked with. */
int main(void)
{
    return 0;
}
