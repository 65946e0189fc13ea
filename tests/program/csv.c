/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The reader of tables: what it takes, and what it refuses. */
#include "csv.h"
#include "test.h"
#include <unistd.h>

static char path[] = "/tmp/hytnas-csv-XXXXXX";

static void write_bytes(const char *bytes, size_t size)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
}

static void write_text(const char *text)
{
    write_bytes(text, strlen(text));
}

static void cells_are_read(void **state)
{
    (void)state;
    static const char *const forms[] = {
        "a,b,c\n1,x y,\n-2.5e3,\"q \"\"r\"\", s\",t\n",
        "\xEF\xBB\xBF" "a,\"b\",c\r\n1,x y,\"\"\r\n-2.5e3,\"q \"\"r\"\", s\",\"t\"",
    };
    for (size_t f = 0; f < 2; f++) {
        csv table;
        double value;
        size_t column;
        write_text(forms[f]);
        assert_int_equal(csv_read(path, &table), 0);
        assert_int_equal(table.rows, 2);
        assert_int_equal(table.columns, 3);
        assert_string_equal(csv_name(&table, 0), "a");
        assert_string_equal(csv_name(&table, 1), "b");
        assert_string_equal(csv_cell(&table, 0, 1), "x y");
        assert_string_equal(csv_cell(&table, 0, 2), "");
        assert_string_equal(csv_cell(&table, 1, 1), "q \"r\", s");
        assert_string_equal(csv_cell(&table, 1, 2), "t");
        assert_int_equal(csv_number(&table, 1, 0, &value), 0);
        CHECK_NEAR(value, -2500, 0);
        assert_int_not_equal(csv_number(&table, 1, 1, &value), 0);
        assert_int_equal(csv_find(&table, "c", &column), 0);
        assert_int_equal(column, 2);
        assert_int_not_equal(csv_find(&table, "d", &column), 0);
        csv_close(&table);
    }
}

static void many_rows_keep_their_lines(void **state)
{
    (void)state;
    FILE *file = fopen(path, "wb");
    csv table;
    assert_non_null(file);
    fprintf(file, "a,b\n");
    for (int i = 0; i < 5000; i++) fprintf(file, "%d,\"two\nlines\"\n", i);
    fclose(file);
    assert_int_equal(csv_read(path, &table), 0);
    assert_int_equal(table.rows, 5000);
    for (size_t i = 0; i < table.rows; i++) {
        double value;
        assert_int_equal(csv_number(&table, i, 0, &value), 0);
        CHECK_NEAR(value, (double)i, 0);
        assert_int_equal(table.lines[i + 1], 2 + 2 * i);
    }
    csv_close(&table);
}

static void faults_are_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",         "a,b\n1\n",      "a,b\n1,2,3\n", "a,a\n1,2\n", "a,\n1,2\n",     "a,b\n\n1,2\n",
        "a\n\"1\n", "a\n\"1\"x\n", "a\n1\"2\"\n",  "a\r1\r",     "a,b\n1,\"\n\n",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        csv table;
        write_text(bad[i]);
        if (csv_read(path, &table) == 0) fail_msg("taken: \"%s\"", bad[i]);
        assert_null(table.text);
    }
    csv table;
    write_bytes("a\n1\0002\n", 6);
    assert_int_not_equal(csv_read(path, &table), 0);
    unlink(path);
    assert_int_not_equal(csv_read(path, &table), 0);
}

static void numbers_are_plain(void **state)
{
    (void)state;
    static const char *const good[] = { "0", "-1", "+1.5", ".5", "1e-300", "5E3", "007" };
    static const char *const bad[] = { "", " 1", "1 ", "0x10", "nan", "inf", "1e999", "1,5", "1.2.3", "-", "e5", "1e" };
    double value;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) assert_true(csv_is_number(good[i], &value));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (csv_is_number(bad[i], &value)) fail_msg("a number: \"%s\"", bad[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cells_are_read),
        cmocka_unit_test(many_rows_keep_their_lines),
        cmocka_unit_test(faults_are_refused),
        cmocka_unit_test(numbers_are_plain),
    };
    int handle = mkstemp(path);
    if (handle < 0) return 1;
    close(handle);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    unlink(path);
    return failed;
}
