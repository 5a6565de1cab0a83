/* Flat JSON objects: what requests begin with. */
#ifndef WEFT_APP_JSON_H
#define WEFT_APP_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define WEFT_JSON_FIELDS 8

struct weft_json_field {
    const char *name;
    const char *text; /* NULL: it is a number */
    uint64_t number;
};

struct weft_json {
    unsigned count;
    struct weft_json_field fields[WEFT_JSON_FIELDS];
};

/* Read an object of strings without control characters and whole numbers from 0 on, at most `WEFT_JSON_FIELDS` of
   them. Strings are decoded in place; `text` has room for a byte more. False where it is anything else. */
bool weft_read_json(char *text, size_t size, struct weft_json *object);

/* The string of this name; NULL where there is none. */
const char *weft_json_text(const struct weft_json *object, const char *name);

/* Whether there is a number of this name. */
bool weft_json_number(const struct weft_json *object, const char *name, uint64_t *number);

/* Write a string with its quotes. */
void weft_write_json_text(FILE *out, const char *text);

#endif
