//  clone.h - Clone client stack: a shared table of keys, mirrored from one of
//  two servers

#ifndef CLONE_H_INCLUDED
#define CLONE_H_INCLUDED

typedef struct clone clone_t;

//  Starts a thread that holds the connections; the context is the caller's
clone_t *clone_new (void *context);
void clone_destroy (clone_t **self);

//  Only keys that start so; before clone_connect. Default is every key.
void clone_subtree (clone_t *self, const char *subtree);

//  Add a server by the three endpoints it has
void clone_connect (clone_t *self, const char *snapshot, const char *publisher,
                    const char *collector);

//  Set a key, for ttl seconds if that is not 0. It is ours at once, and the
//  others' when the server publishes it.
void clone_set (clone_t *self, const char *key, const char *value, int ttl);

//  Fresh string, NULL when the key is not there
char *clone_get (clone_t *self, const char *key);

//  "<sequence> <number of keys> <server number, or -1 while there is none>"
char *clone_status (clone_t *self);

//  Write the keys and values, sorted, into a file
void clone_dump (clone_t *self, const char *path);

#endif
