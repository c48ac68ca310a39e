//  mdp.h - words of the Majordomo protocol, MDP/0.1

#ifndef MDP_H_INCLUDED
#define MDP_H_INCLUDED

#include <stddef.h>

//  First frame of what clients, and workers, send
#define MDPC_CLIENT "MDPC01"
#define MDPW_WORKER "MDPW01"

//  Commands between worker and broker
#define MDPW_READY      "\001"
#define MDPW_REQUEST    "\002"
#define MDPW_REPLY      "\003"
#define MDPW_HEARTBEAT  "\004"
#define MDPW_DISCONNECT "\005"

//  Their names, by number
static const char *mdps_commands [] __attribute__ ((unused)) = {
    NULL, "READY", "REQUEST", "REPLY", "HEARTBEAT", "DISCONNECT"
};

#endif
