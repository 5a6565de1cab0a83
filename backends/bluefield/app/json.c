#include "json.h"

#include <string.h>

struct reader {
    char *at;
    char *end; /* there stands a zero */
};

static void skip_space(struct reader *in)
{
    while (*in->at == ' ' || *in->at == '\t' || *in->at == '\n' || *in->at == '\r')
        in->at++;
}

static bool skip(struct reader *in, char wanted)
{
    skip_space(in);
    if (in->at == in->end || *in->at != wanted)
        return false;
    in->at++;
    return true;
}

static bool read_text(struct reader *in, const char **text)
{
    if (!skip(in, '"'))
        return false;
    char *to = in->at;
    *text = to;
    while (in->at < in->end && *in->at != '"') {
        if ((unsigned char)*in->at < ' ')
            return false;
        if (*in->at == '\\' && *++in->at != '"' && *in->at != '\\' && *in->at != '/')
            return false;
        *to++ = *in->at++;
    }
    if (in->at >= in->end)
        return false;
    in->at++;
    *to = 0;
    return true;
}

static bool read_number(struct reader *in, uint64_t *number)
{
    const char *first = in->at;
    *number = 0;
    for (; *in->at >= '0' && *in->at <= '9'; in->at++) {
        const uint64_t digit = (uint64_t)(*in->at - '0');
        if (*number > (UINT64_MAX - digit) / 10)
            return false;
        *number = *number * 10 + digit;
    }
    return in->at > first;
}

static bool read_field(struct reader *in, struct weft_json *object)
{
    if (object->count == WEFT_JSON_FIELDS)
        return false;
    struct weft_json_field *field = &object->fields[object->count++];
    *field = (struct weft_json_field){0};
    if (!read_text(in, &field->name) || !skip(in, ':'))
        return false;
    skip_space(in);
    return *in->at == '"' ? read_text(in, &field->text) : read_number(in, &field->number);
}

bool weft_read_json(char *text, size_t size, struct weft_json *object)
{
    struct reader in = {text, text + size};
    text[size] = 0;
    object->count = 0;
    if (memchr(text, 0, size) || !skip(&in, '{'))
        return false;
    if (!skip(&in, '}')) {
        do
            if (!read_field(&in, object))
                return false;
        while (skip(&in, ','));
        if (!skip(&in, '}'))
            return false;
    }
    skip_space(&in);
    return in.at == in.end;
}

static const struct weft_json_field *find(const struct weft_json *object, const char *name)
{
    for (unsigned i = 0; i < object->count; i++)
        if (!strcmp(object->fields[i].name, name))
            return &object->fields[i];
    return NULL;
}

const char *weft_json_text(const struct weft_json *object, const char *name)
{
    const struct weft_json_field *field = find(object, name);
    return field ? field->text : NULL;
}

bool weft_json_number(const struct weft_json *object, const char *name, uint64_t *number)
{
    const struct weft_json_field *field = find(object, name);
    if (!field || field->text)
        return false;
    *number = field->number;
    return true;
}

void weft_write_json_text(FILE *out, const char *text)
{
    fputc('"', out);
    for (; *text; text++) {
        if (*text == '"' || *text == '\\')
            fputc('\\', out);
        if ((unsigned char)*text < ' ')
            fprintf(out, "\\u%04x", (unsigned)*text);
        else
            fputc(*text, out);
    }
    fputc('"', out);
}
