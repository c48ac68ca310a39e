//  table.c - items by name: entries in a dense array, found through a hash
//  index of chained positions. A walk goes from the last entry to the first,
//  so deleting the entry just visited moves only entries already seen.

#include "table.h"
#include "example.h"

typedef struct {
    char *name;
    void *item;
    size_t bucket;
    size_t next;                //  position + 1 of the next in the chain; 0: none
} entry_t;

struct table {
    table_free_fn *free_item;
    entry_t *entries;
    size_t count, room;
    size_t *buckets;            //  position + 1 of the first in the chain
    size_t bucket_count;        //  a power of two
};

static size_t s_hash (const char *name)
{
    uint64_t hash = 14695981039346656037u;      //  FNV-1a
    for (; *name; name++)
        hash = (hash ^ (unsigned char) *name) * 1099511628211u;
    return (size_t) (hash ^ (hash >> 32));
}

table_t *table_new (table_free_fn *free_item)
{
    table_t *self = (table_t *) ex_alloc (sizeof (table_t));
    self->free_item = free_item;
    self->bucket_count = 16;
    self->buckets = (size_t *) ex_alloc (self->bucket_count * sizeof (size_t));
    return self;
}

static void s_free_item (table_t *self, void *item)
{
    if (self->free_item)
        self->free_item (item);
}

void table_destroy (table_t **table)
{
    table_t *self = *table;
    if (!self)
        return;
    for (size_t i = 0; i < self->count; i++) {
        s_free_item (self, self->entries [i].item);
        free (self->entries [i].name);
    }
    free (self->entries);
    free (self->buckets);
    free (self);
    *table = NULL;
}

static void s_link (table_t *self, size_t position)
{
    entry_t *entry = &self->entries [position];
    entry->next = self->buckets [entry->bucket];
    self->buckets [entry->bucket] = position + 1;
}

//  The link that leads to a position: a bucket or some entry's next
static size_t *s_link_to (table_t *self, size_t position)
{
    size_t *link = &self->buckets [self->entries [position].bucket];
    while (*link != position + 1)
        link = &self->entries [*link - 1].next;
    return link;
}

static void s_grow (table_t *self)
{
    self->room = self->room ? self->room * 2 : 16;
    self->entries = (entry_t *) realloc (self->entries, self->room * sizeof (entry_t));
    if (!self->entries)
        ex_die ("out of memory");
    if (self->room <= self->bucket_count)
        return;
    free (self->buckets);
    self->bucket_count = self->room;
    self->buckets = (size_t *) ex_alloc (self->bucket_count * sizeof (size_t));
    for (size_t i = 0; i < self->count; i++) {
        self->entries [i].bucket = s_hash (self->entries [i].name) & (self->bucket_count - 1);
        s_link (self, i);
    }
}

static entry_t *s_find (const table_t *self, const char *name)
{
    size_t at = self->buckets [s_hash (name) & (self->bucket_count - 1)];
    while (at && strneq (self->entries [at - 1].name, name))
        at = self->entries [at - 1].next;
    return at ? &self->entries [at - 1] : NULL;
}

void table_put (table_t *self, const char *name, void *item)
{
    entry_t *entry = s_find (self, name);
    if (entry) {
        if (entry->item != item)
            s_free_item (self, entry->item);
        entry->item = item;
        return;
    }
    if (self->count == self->room)
        s_grow (self);
    entry = &self->entries [self->count];
    entry->name = ex_format ("%s", name);
    entry->item = item;
    entry->bucket = s_hash (name) & (self->bucket_count - 1);
    s_link (self, self->count++);
}

void *table_get (const table_t *self, const char *name)
{
    entry_t *entry = s_find (self, name);
    return entry ? entry->item : NULL;
}

void table_delete (table_t *self, const char *name)
{
    entry_t *entry = s_find (self, name);
    if (!entry)
        return;
    size_t position = (size_t) (entry - self->entries);
    *s_link_to (self, position) = entry->next;
    s_free_item (self, entry->item);
    free (entry->name);
    size_t last = --self->count;
    if (position != last) {
        //  The last entry moves into the hole
        size_t *link = s_link_to (self, last);
        self->entries [position] = self->entries [last];
        *link = position + 1;
    }
}

size_t table_size (const table_t *self)
{
    return self->count;
}

void *table_next (const table_t *self, size_t *at, const char **name)
{
    //  *at is 1 + the position returned last; 0 at the start
    size_t position = *at ? *at - 1 : self->count;
    if (position > self->count)
        position = self->count;
    if (position == 0)
        return NULL;
    *at = position;
    if (name)
        *name = self->entries [position - 1].name;
    return self->entries [position - 1].item;
}
