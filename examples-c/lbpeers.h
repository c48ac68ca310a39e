//  lbpeers.h - the clients and workers of lbbroker2 and lbbroker3, as threads

#ifndef LBPEERS_H_INCLUDED
#define LBPEERS_H_INCLUDED

enum { LB_CLIENTS = 10, LB_WORKERS = 3 };

//  What a worker says when it waits for its first request
#define LB_READY "\001"

//  Start the threads. Each client sends so many requests, pause_ms apart
//  (0 requests: until the context ends); a worker works until the context ends.
void lb_start (void *context, const char *frontend, const char *backend,
               long requests, int pause_ms);

//  Wait for the clients; then, with the context shut down, for the workers
void lb_join_clients (void);
void lb_join_workers (void);

#endif
