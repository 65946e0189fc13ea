/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/database.h"
#include <sqlite3.h>
#include <string.h>

#define APPLICATION 0x4879744e /* "HytN" */
#define VERSION 2
#define LONGEST (32 << 20) /* bytes of one value: the largest space as JSON fits */

#define CREATE_FACT "CREATE TABLE fact(key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID"
#define CREATE_TRIAL \
    "CREATE TABLE trial(number INTEGER PRIMARY KEY, round INTEGER, state INTEGER NOT NULL, ended INTEGER, " \
    "genome TEXT NOT NULL, objectives TEXT)"

#define CREATE_REPORT \
    "CREATE TABLE report(number INTEGER, step INTEGER, objectives TEXT NOT NULL, PRIMARY KEY(number, step)) " \
    "WITHOUT ROWID"

struct hyti_database {
    hyt_context *context;
    char *path;
    sqlite3 *sqlite;
    bool holds_study;
};

static hyt_status status_of(int code)
{
    switch (code & 0xff) {
    case SQLITE_NOMEM: return HYT_ERR_NOMEM;
    case SQLITE_BUSY:
    case SQLITE_LOCKED: return HYT_ERR_CONFLICT;
    case SQLITE_FULL:
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH: return HYT_ERR_IO;
    default: return HYT_ERR_FORMAT;
    }
}

static hyt_status fail_sqlite(const hyti_database *database, const char *verb)
{
    int code = sqlite3_errcode(database->sqlite);
    return hyti_fail(status_of(code), "%s: could not be %s: %s", database->path, verb,
                     sqlite3_errmsg(database->sqlite));
}

static hyt_status run(const hyti_database *database, const char *sql, const char *verb)
{
    return sqlite3_exec(database->sqlite, sql, NULL, NULL, NULL) == SQLITE_OK ? HYT_OK : fail_sqlite(database, verb);
}

static hyt_status prepare(const hyti_database *database, const char *sql, const char *verb, sqlite3_stmt **out)
{
    return sqlite3_prepare_v2(database->sqlite, sql, -1, out, NULL) == SQLITE_OK ? HYT_OK : fail_sqlite(database, verb);
}

/* Ends a transaction: a commit that fails, and whatever failed before it, leaves the file as it was. The first message
 * stays. */
static hyt_status finish(const hyti_database *database, hyt_status status, const char *verb)
{
    if (status == HYT_OK) status = run(database, "COMMIT", verb);
    if (status != HYT_OK && !sqlite3_get_autocommit(database->sqlite))
        sqlite3_exec(database->sqlite, "ROLLBACK", NULL, NULL, NULL);
    return status;
}

static hyt_status read_number(const hyti_database *database, const char *sql, int64_t *out)
{
    sqlite3_stmt *statement = NULL;
    HYTI_TRY(prepare(database, sql, "read", &statement));
    hyt_status status = sqlite3_step(statement) == SQLITE_ROW ? HYT_OK : fail_sqlite(database, "read");
    if (status == HYT_OK) *out = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    return status;
}

static bool text_is(sqlite3_stmt *statement, int column, const char *expected)
{
    const char *text = (const char *)sqlite3_column_text(statement, column);
    return text && strcmp(text, expected) == 0;
}

/* The schema must be ours to the letter: a file with views, triggers or other tables is not run. */
static hyt_status check_schema(const hyti_database *database)
{
    sqlite3_stmt *statement = NULL;
    HYTI_TRY(prepare(database, "SELECT name, sql FROM sqlite_master ORDER BY name", "read", &statement));
    bool good = sqlite3_step(statement) == SQLITE_ROW && text_is(statement, 0, "fact") &&
                text_is(statement, 1, CREATE_FACT) && sqlite3_step(statement) == SQLITE_ROW &&
                text_is(statement, 0, "report") && text_is(statement, 1, CREATE_REPORT) &&
                sqlite3_step(statement) == SQLITE_ROW &&
                text_is(statement, 0, "trial") && text_is(statement, 1, CREATE_TRIAL) &&
                sqlite3_step(statement) == SQLITE_DONE;
    sqlite3_finalize(statement);
    if (!good) return hyti_fail(HYT_ERR_FORMAT, "%s: damaged: its tables are not those of a study", database->path);
    return HYT_OK;
}

static hyt_status identify(hyti_database *database)
{
    int64_t application = 0, version = 0, tables = 0;
    HYTI_TRY(read_number(database, "SELECT count(*) FROM sqlite_master", &tables));
    HYTI_TRY(read_number(database, "PRAGMA application_id", &application));
    HYTI_TRY(read_number(database, "PRAGMA user_version", &version));
    if (application == 0 && version == 0 && tables == 0) return HYT_OK;
    if (application != APPLICATION)
        return hyti_fail(HYT_ERR_CONFLICT, "%s: a database of another application, not a study", database->path);
    if (version != VERSION)
        return hyti_fail(HYT_ERR_CONFLICT, "%s: a study of version %lld; this library writes version %d",
                         database->path, (long long)version, VERSION);
    HYTI_TRY(check_schema(database));
    database->holds_study = true;
    return HYT_OK;
}

/* Nothing that a hostile file brings along is run, and pages are checked as they are read. */
static hyt_status connect(hyti_database *database, bool write)
{
    /* to SQLite the name alone is a database that no disk keeps */
    const char *path = strcmp(database->path, ":memory:") == 0 ? "./:memory:" : database->path;
    int flags = write ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE : SQLITE_OPEN_READONLY;
    if (sqlite3_open_v2(path, &database->sqlite, flags, NULL) != SQLITE_OK) {
        if (!database->sqlite) return hyti_fail_nomem();
        return fail_sqlite(database, "opened");
    }
    sqlite3_db_config(database->sqlite, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_db_config(database->sqlite, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    sqlite3_limit(database->sqlite, SQLITE_LIMIT_LENGTH, LONGEST);
    sqlite3_busy_timeout(database->sqlite, 5000);
    return run(database, "PRAGMA cell_size_check=ON; PRAGMA synchronous=NORMAL", "opened");
}

hyt_status hyti_database_open(hyt_context *context, const char *path, bool write, hyti_database **out)
{
    hyti_database *database = hyti_alloc(context, sizeof *database);
    if (!database) return hyti_fail_nomem();
    database->context = hyti_context_retain(context);
    database->path = hyti_copy_text(context, path);
    hyt_status status = database->path ? connect(database, write) : hyti_fail_nomem();
    if (status == HYT_OK) status = identify(database);
    if (status != HYT_OK) {
        hyti_database_destroy(database);
        return status;
    }
    *out = database;
    return HYT_OK;
}

void hyti_database_destroy(hyti_database *database)
{
    if (!database) return;
    hyt_context *context = database->context;
    sqlite3_close(database->sqlite);
    hyti_free(context, database->path);
    hyti_free(context, database);
    hyt_context_destroy(context);
}

bool hyti_database_holds_study(const hyti_database *database)
{
    return database->holds_study;
}

size_t hyti_database_bytes(const hyti_database *database)
{
    int64_t pages = 0, size = 0;
    if (read_number(database, "PRAGMA page_count", &pages) != HYT_OK) return 0;
    if (read_number(database, "PRAGMA page_size", &size) != HYT_OK) return 0;
    return (size_t)(pages * size);
}

static hyt_status insert_facts(const hyti_database *database, const hyti_fact *facts, size_t count)
{
    sqlite3_stmt *statement = NULL;
    HYTI_TRY(prepare(database, "INSERT OR REPLACE INTO fact VALUES(?1, ?2)", "written", &statement));
    hyt_status status = HYT_OK;
    for (size_t i = 0; i < count && status == HYT_OK; i++) {
        sqlite3_reset(statement);
        sqlite3_bind_text(statement, 1, facts[i].key, -1, SQLITE_STATIC);
        sqlite3_bind_text(statement, 2, facts[i].value, -1, SQLITE_STATIC);
        if (sqlite3_step(statement) != SQLITE_DONE) status = fail_sqlite(database, "written");
    }
    sqlite3_finalize(statement);
    return status;
}

static hyt_status create_tables(const hyti_database *database)
{
    if (database->holds_study)
        return run(database, "DELETE FROM fact; DELETE FROM trial; DELETE FROM report", "created");
    char *sql = sqlite3_mprintf("%s; %s; %s; PRAGMA application_id=%d; PRAGMA user_version=%d", CREATE_FACT,
                                CREATE_TRIAL, CREATE_REPORT, APPLICATION, VERSION);
    if (!sql) return hyti_fail_nomem();
    hyt_status status = run(database, sql, "created");
    sqlite3_free(sql);
    return status;
}

hyt_status hyti_database_create(hyti_database *database, const hyti_fact *facts, size_t count)
{
    HYTI_TRY(run(database, "PRAGMA journal_mode=WAL; BEGIN IMMEDIATE", "created"));
    hyt_status status = create_tables(database);
    if (status == HYT_OK) status = insert_facts(database, facts, count);
    HYTI_TRY(finish(database, status, "created"));
    database->holds_study = true;
    return HYT_OK;
}

hyt_status hyti_database_set_facts(hyti_database *database, const hyti_fact *facts, size_t count)
{
    HYTI_TRY(run(database, "BEGIN IMMEDIATE", "written"));
    return finish(database, insert_facts(database, facts, count), "written");
}

/* Text of a column, which must be text (SQLite keeps any type anywhere) without a zero inside. */
static hyt_status column_text(const hyti_database *database, sqlite3_stmt *statement, int column, const char **out)
{
    if (sqlite3_column_type(statement, column) != SQLITE_TEXT)
        return hyti_fail(HYT_ERR_FORMAT, "%s: damaged: \"%s\" is not text", database->path,
                         sqlite3_column_name(statement, column));
    const char *text = (const char *)sqlite3_column_text(statement, column);
    if (!text) return hyti_fail_nomem();
    if (strlen(text) != (size_t)sqlite3_column_bytes(statement, column))
        return hyti_fail(HYT_ERR_FORMAT, "%s: damaged: \"%s\" has a zero inside", database->path,
                         sqlite3_column_name(statement, column));
    *out = text;
    return HYT_OK;
}

static hyt_status read_fact(const hyti_database *database, sqlite3_stmt *statement, hyti_fact_fn fact, void *user)
{
    const char *key = NULL, *value = NULL;
    HYTI_TRY(column_text(database, statement, 0, &key));
    HYTI_TRY(column_text(database, statement, 1, &value));
    return fact(user, key, value);
}

/* A number that is not negative; where the column is NULL, HYTI_NO_NUMBER. */
static hyt_status column_number(const hyti_database *database, sqlite3_stmt *statement, int column, int64_t *out)
{
    int type = sqlite3_column_type(statement, column);
    *out = type == SQLITE_INTEGER ? sqlite3_column_int64(statement, column) : HYTI_NO_NUMBER;
    if (type == SQLITE_NULL || *out >= 0) return HYT_OK;
    return hyti_fail(HYT_ERR_FORMAT, "%s: damaged: \"%s\" is no number from 0 on", database->path,
                     sqlite3_column_name(statement, column));
}

static hyt_status read_row(const hyti_database *database, sqlite3_stmt *statement, hyti_row_fn row, void *user)
{
    hyti_row read = { .number = sqlite3_column_int64(statement, 0) };
    HYTI_TRY(column_number(database, statement, 1, &read.round));
    HYTI_TRY(column_number(database, statement, 2, &read.state));
    HYTI_TRY(column_number(database, statement, 3, &read.ended));
    HYTI_TRY(column_text(database, statement, 4, &read.genome));
    if (sqlite3_column_type(statement, 5) != SQLITE_NULL)
        HYTI_TRY(column_text(database, statement, 5, &read.objectives));
    return row(user, &read);
}

static hyt_status read_report(const hyti_database *database, sqlite3_stmt *statement, hyti_row_fn row, void *user)
{
    hyti_row read = { 0 };
    HYTI_TRY(column_number(database, statement, 0, &read.number));
    HYTI_TRY(column_number(database, statement, 1, &read.step));
    HYTI_TRY(column_text(database, statement, 2, &read.objectives));
    return row(user, &read);
}

/* What happens to each row of an answer. */
typedef struct reader {
    hyti_fact_fn fact;
    hyti_row_fn row, report;
    void *user;
} reader;

static hyt_status read_any(const hyti_database *database, sqlite3_stmt *statement, const reader *r)
{
    if (r->fact) return read_fact(database, statement, r->fact, r->user);
    if (r->row) return read_row(database, statement, r->row, r->user);
    return read_report(database, statement, r->report, r->user);
}

static hyt_status read_all(const hyti_database *database, const char *sql, const reader *r)
{
    sqlite3_stmt *statement = NULL;
    int step;
    HYTI_TRY(prepare(database, sql, "read", &statement));
    hyt_status status = HYT_OK;
    while (status == HYT_OK && (step = sqlite3_step(statement)) != SQLITE_DONE)
        status = step == SQLITE_ROW ? read_any(database, statement, r) : fail_sqlite(database, "read");
    sqlite3_finalize(statement);
    return status;
}

hyt_status hyti_database_read(hyti_database *database, hyti_fact_fn fact, hyti_row_fn row, hyti_row_fn report,
                              void *user)
{
    HYTI_TRY(run(database, "BEGIN", "read"));
    hyt_status status =
        read_all(database, "SELECT key, value FROM fact ORDER BY key", &(reader){ .fact = fact, .user = user });
    if (status == HYT_OK)
        status = read_all(database, "SELECT number, round, state, ended, genome, objectives FROM trial ORDER BY number",
                          &(reader){ .row = row, .user = user });
    if (status == HYT_OK)
        status = read_all(database, "SELECT number, step, objectives FROM report ORDER BY number, step",
                          &(reader){ .report = report, .user = user });
    return finish(database, status, "read");
}

static void bind_number(sqlite3_stmt *statement, int place, int64_t number)
{
    if (number == HYTI_NO_NUMBER) sqlite3_bind_null(statement, place);
    else sqlite3_bind_int64(statement, place, number);
}

static hyt_status insert_rows(const hyti_database *database, const hyti_row *rows, size_t count)
{
    sqlite3_stmt *statement = NULL;
    HYTI_TRY(prepare(database, "INSERT INTO trial VALUES(?1, ?2, ?3, ?4, ?5, ?6)", "written", &statement));
    hyt_status status = HYT_OK;
    for (size_t i = 0; i < count && status == HYT_OK; i++) {
        sqlite3_reset(statement);
        sqlite3_bind_int64(statement, 1, rows[i].number);
        bind_number(statement, 2, rows[i].round);
        sqlite3_bind_int64(statement, 3, rows[i].state);
        bind_number(statement, 4, rows[i].ended);
        sqlite3_bind_text(statement, 5, rows[i].genome, -1, SQLITE_STATIC);
        sqlite3_bind_text(statement, 6, rows[i].objectives, -1, SQLITE_STATIC);
        if (sqlite3_step(statement) != SQLITE_DONE) status = fail_sqlite(database, "written");
    }
    sqlite3_finalize(statement);
    return status;
}

hyt_status hyti_database_insert(hyti_database *database, const hyti_row *rows, size_t count)
{
    HYTI_TRY(run(database, "BEGIN IMMEDIATE", "written"));
    return finish(database, insert_rows(database, rows, count), "written");
}

static hyt_status update_row(const hyti_database *database, const hyti_row *row, int64_t before)
{
    sqlite3_stmt *statement = NULL;
    HYTI_TRY(prepare(database, "UPDATE trial SET state=?2, objectives=?3, ended=?5 WHERE number=?1 AND state=?4",
                     "written", &statement));
    sqlite3_bind_int64(statement, 1, row->number);
    sqlite3_bind_int64(statement, 2, row->state);
    sqlite3_bind_text(statement, 3, row->objectives, -1, SQLITE_STATIC);
    sqlite3_bind_int64(statement, 4, before);
    bind_number(statement, 5, row->ended);
    hyt_status status = sqlite3_step(statement) == SQLITE_DONE ? HYT_OK : fail_sqlite(database, "written");
    sqlite3_finalize(statement);
    if (status == HYT_OK && sqlite3_changes(database->sqlite) != 1)
        status = hyti_fail(HYT_ERR_CONFLICT, "%s: trial %lld was changed by someone else", database->path,
                           (long long)row->number);
    return status;
}

hyt_status hyti_database_update(hyti_database *database, const hyti_row *row, int64_t before)
{
    HYTI_TRY(run(database, "BEGIN IMMEDIATE", "written"));
    return finish(database, update_row(database, row, before), "written");
}

static hyt_status write_report(const hyti_database *database, const char *sql, const hyti_row *row)
{
    sqlite3_stmt *statement = NULL;
    HYTI_TRY(prepare(database, sql, "written", &statement));
    sqlite3_bind_int64(statement, 1, row->number);
    sqlite3_bind_int64(statement, 2, row->step);
    if (sqlite3_bind_parameter_count(statement) == 3)
        sqlite3_bind_text(statement, 3, row->objectives, -1, SQLITE_STATIC);
    hyt_status status = sqlite3_step(statement) == SQLITE_DONE ? HYT_OK : fail_sqlite(database, "written");
    sqlite3_finalize(statement);
    return status;
}

hyt_status hyti_database_report(hyti_database *database, const hyti_row *row)
{
    HYTI_TRY(run(database, "BEGIN IMMEDIATE", "written"));
    hyt_status status = write_report(database, "DELETE FROM report WHERE number=?1 AND step>=?2", row);
    if (status == HYT_OK) status = write_report(database, "INSERT INTO report VALUES(?1, ?2, ?3)", row);
    return finish(database, status, "written");
}
