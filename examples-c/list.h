//  list.h - items in a row; the list does not own them

#ifndef LIST_H_INCLUDED
#define LIST_H_INCLUDED

#include <stdbool.h>
#include <stddef.h>

typedef struct {
    void **items;
    size_t start, count, room;
} list_t;

//  A list is used from { 0 }, and closed to free its memory
void list_close (list_t *list);
void list_append (list_t *list, void *item);
void *list_pop (list_t *list);              //  first item, NULL when empty
void *list_at (const list_t *list, size_t index);
bool list_remove (list_t *list, const void *item);

#endif
