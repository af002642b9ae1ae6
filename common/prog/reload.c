/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "prog/reload.h"

#include "prog/log.h"
#include "prog/notify.h"

/* Tells which changed settings the reload leaves as they are. */
static void report_restart(const struct reload_class *class, struct snapshot *place,
                           const void *loaded)
{
    struct snapshot_ref *ref = snapshot_acquire(place);
    struct buf names = BUF_INIT;

    if (conf_restart_needed(class->conf(snapshot_object(ref)), class->conf(loaded),
                            &names))
        log_line(EVENT_WARNING, "reload",
                 "changed, but counts after a restart only: %s", buf_str(&names));
    buf_finish(&names);
    snapshot_release(ref);
}

void reload_run(const struct reload_class *class, const char *path,
                struct snapshot *place)
{
    struct buf error = BUF_INIT;
    struct conf_head *conf;
    void *object = NULL;

    notify_reloading();
    conf = conf_kind_load(class->kind, path, &error);
    if (conf != NULL)
        object = class->create(conf, &error);
    if (object != NULL)
        report_restart(class, place, object);
    if (object != NULL && !snapshot_swap(place, object)) {
        class->destroy(object);
        object = NULL;
        buf_adds(&error, "out of memory");
    }
    if (object != NULL) {
        log_line(EVENT_INFO, "reload", "configuration loaded");
    } else {
        log_lines(EVENT_ERROR, "reload", buf_str(&error));
        log_line(EVENT_ERROR, "reload", "the old configuration stays in force");
    }
    buf_finish(&error);
    notify_ready();
}
