/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "authd/peers.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

/* --- who may --- */

bool peer_allowed(const struct peer *peer, const struct runtime *runtime)
{
    if (runtime->conf->peers.count == 0 || peer_privileged(peer))
        return true;
    for (size_t i = 0; i < runtime->peer_count; i++) {
        if (runtime->peers[i] == peer->uid)
            return true;
    }
    return false;
}

/* --- whom it serves --- */

enum {
    SETS = 2048, /* a power of two */
    WAYS = 4     /* notes of one set; the oldest goes */
};

struct note {
    struct peer peer;
    uint64_t code;
    char *login; /* NULL: free */
    int64_t when;
    char client[PEER_CLIENT_MAX];
};

struct peers {
    pthread_mutex_t lock;
    uint64_t seed;
    struct note notes[SETS][WAYS];
};

struct peers *peers_create(void)
{
    struct peers *peers = calloc(1, sizeof *peers);

    if (peers == NULL)
        return NULL;
    if (getrandom(&peers->seed, sizeof peers->seed, 0) != sizeof peers->seed ||
        pthread_mutex_init(&peers->lock, NULL) != 0) {
        free(peers);
        return NULL;
    }
    return peers;
}

void peers_destroy(struct peers *peers)
{
    if (peers == NULL)
        return;
    for (size_t i = 0; i < SETS; i++) {
        for (size_t j = 0; j < WAYS; j++)
            free(peers->notes[i][j].login);
    }
    pthread_mutex_destroy(&peers->lock);
    free(peers);
}

static uint64_t note_code(const struct peers *peers, const struct peer *peer,
                          const char *login)
{
    uint64_t code = peers->seed ^ UINT64_C(0xcbf29ce484222325);

    code ^= (uint64_t)peer->pid << 32 ^ peer->uid;
    for (; *login != '\0'; login++)
        code = (code ^ (unsigned char)*login) * UINT64_C(0x100000001b3);
    code = (code ^ code >> 32) * (peers->seed | 1);
    return code ^ code >> 29;
}

static bool note_is(const struct note *note, uint64_t code, const struct peer *peer,
                    const char *login)
{
    return note->login != NULL && note->code == code && note->peer.pid == peer->pid &&
           note->peer.uid == peer->uid && strcmp(note->login, login) == 0;
}

/* The note of the same process and login, else the free or the oldest one. */
static struct note *note_place(struct note *set, uint64_t code, const struct peer *peer,
                               const char *login)
{
    struct note *place = &set[0];

    for (size_t i = 0; i < WAYS; i++) {
        if (note_is(&set[i], code, peer, login))
            return &set[i];
        if (place->login != NULL && (set[i].login == NULL || set[i].when < place->when))
            place = &set[i];
    }
    return place;
}

void peers_note(struct peers *peers, const struct peer *peer, const char *login,
                const char *client, int64_t now)
{
    const uint64_t code = note_code(peers, peer, login);
    unsigned char binary[16];
    struct note *note;

    if (peer->pid == 0 || strlen(client) >= PEER_CLIENT_MAX ||
        (inet_pton(AF_INET, client, binary) != 1 &&
         inet_pton(AF_INET6, client, binary) != 1))
        return;
    pthread_mutex_lock(&peers->lock);
    note = note_place(peers->notes[code % SETS], code, peer, login);
    if (!note_is(note, code, peer, login)) {
        free(note->login);
        note->login = strdup(login);
        note->peer = *peer;
        note->code = code;
    }
    note->when = now;
    memcpy(note->client, client, strlen(client) + 1);
    pthread_mutex_unlock(&peers->lock);
}

bool peers_client(struct peers *peers, const struct peer *peer, const char *login,
                  int64_t now, int64_t ms, char client_r[PEER_CLIENT_MAX])
{
    const uint64_t code = note_code(peers, peer, login);
    const struct note *set = peers->notes[code % SETS];
    bool found = false;

    if (peer->pid == 0)
        return false;
    pthread_mutex_lock(&peers->lock);
    for (size_t i = 0; i < WAYS && !found; i++) {
        if (note_is(&set[i], code, peer, login) && now - set[i].when < ms) {
            memcpy(client_r, set[i].client, PEER_CLIENT_MAX);
            found = true;
        }
    }
    pthread_mutex_unlock(&peers->lock);
    return found;
}
