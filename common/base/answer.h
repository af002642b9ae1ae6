/* SPDX-License-Identifier: BSD-2-Clause */
/* answer.h - what a lookup can say: yes, no, or that it could not tell. */
#ifndef SENDAS_BASE_ANSWER_H
#define SENDAS_BASE_ANSWER_H

/*
 * The one result type of every question that may fail. "Could not tell" is an outcome
 * of its own: nobody but the outermost caller may turn it into a yes or a no.
 */
enum answer {
    ANSWER_UNKNOWN = -1, /* the question could not be answered (error text elsewhere) */
    ANSWER_NO = 0,
    ANSWER_YES = 1
};

#endif
