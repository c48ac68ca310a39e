//  list.c - items in a row; room that pops have left is used again when full

#include "list.h"
#include "example.h"

void list_close (list_t *list)
{
    free (list->items);
    *list = (list_t) { NULL, 0, 0, 0 };
}

void list_append (list_t *list, void *item)
{
    if (list->start + list->count == list->room) {
        if (list->start > list->room / 2) {
            memmove (list->items, list->items + list->start, list->count * sizeof (void *));
            list->start = 0;
        }
        else {
            list->room = list->room ? list->room * 2 : 16;
            list->items = (void **) realloc (list->items, list->room * sizeof (void *));
            if (!list->items)
                ex_die ("out of memory");
        }
    }
    list->items [list->start + list->count++] = item;
}

void *list_pop (list_t *list)
{
    if (!list->count)
        return NULL;
    void *item = list->items [list->start++];
    if (--list->count == 0)
        list->start = 0;
    return item;
}

void *list_at (const list_t *list, size_t index)
{
    return index < list->count ? list->items [list->start + index] : NULL;
}

bool list_remove (list_t *list, const void *item)
{
    for (size_t i = 0; i < list->count; i++)
        if (list->items [list->start + i] == item) {
            list->count--;
            memmove (list->items + list->start + i, list->items + list->start + i + 1,
                     (list->count - i) * sizeof (void *));
            return true;
        }
    return false;
}
