//  table.h - items by name

#ifndef TABLE_H_INCLUDED
#define TABLE_H_INCLUDED

#include <stddef.h>

typedef struct table table_t;
typedef void (table_free_fn) (void *item);

//  The function frees items that are replaced, deleted, or left at the end;
//  NULL when the items are not the table's
table_t *table_new (table_free_fn *free_item);
void table_destroy (table_t **table);

//  Add an item, or put it in the place of another
void table_put (table_t *table, const char *name, void *item);
void *table_get (const table_t *table, const char *name);
void table_delete (table_t *table, const char *name);
size_t table_size (const table_t *table);

//  Walk: start with at = 0; NULL at the end. While walking, only the item
//  just returned may be deleted.
void *table_next (const table_t *table, size_t *at, const char **name);

#endif
