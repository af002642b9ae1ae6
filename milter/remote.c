/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "milter/remote.h"

#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "base/escape.h"
#include "milter/counts.h"
#include "milter/service.h"
#include "prog/log.h"

enum { SPEC_SHOWN = 1000, ADDRESS_SHOWN = 200 };

static void cache_tell(const char *setting, struct map *map, struct buf *reply)
{
    struct cache_counts counts;
    const char *spec = map_spec(map);

    if (!map_counts(map, &counts))
        return;
    buf_adds(reply, "cache ");
    for (const struct cache_count_row *row = cache_count_rows; row->name != NULL; row++)
        buf_addf(reply, "%s=%" PRIu64 " ", row->name, cache_count(&counts, row));
    buf_addf(reply, "setting=%s map=", setting);
    escape_text(reply, spec, strlen(spec), SPEC_SHOWN);
    buf_addc(reply, '\n');
}

static bool status_run(const char *argument, struct buf *reply_r, struct buf *error_r)
{
    struct snapshot_ref *ref = service_acquire();
    const struct runtime *runtime = snapshot_object(ref);
    const struct owner_set *owners = policy_owners(runtime->policy);

    (void)argument;
    (void)error_r;
    buf_addf(reply_r, "version=" PACKAGE_VERSION "\npid=%ld\nconfigured=%lld\n",
             (long)getpid(), (long long)runtime->loaded);
    counts_tell(reply_r);
    for (size_t i = 0; i < owners->count; i++)
        cache_tell(owners->rows[i]->setting, owners->maps[i], reply_r);
    snapshot_release(ref);
    return true;
}

static bool flush_run(const char *argument, struct buf *reply_r, struct buf *error_r)
{
    struct snapshot_ref *ref = service_acquire();
    const struct runtime *runtime = snapshot_object(ref);
    size_t count;
    bool done =
        owner_set_flush(policy_owners(runtime->policy), argument, &count, error_r);

    if (done) {
        struct buf what = BUF_INIT;

        buf_addf(reply_r, "flushed=%zu\n", count);
        if (argument != NULL)
            escape_token(&what, argument, strlen(argument), ADDRESS_SHOWN);
        log_line(EVENT_INFO, "flush", "%s: %zu answers forgotten",
                 argument != NULL ? buf_str(&what) : "all", count);
        buf_finish(&what);
    }
    snapshot_release(ref);
    return done;
}

const struct control_command remote_commands[] = {
    {"status", false, status_run},
    {"flush", true, flush_run},
    {NULL, false, NULL},
};
