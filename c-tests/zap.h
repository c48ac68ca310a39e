/* A ZAP handler in a thread, configured by the case; it ends with its context. */
#ifndef ZAP_H
#define ZAP_H

#include "tools.h"

enum zap_mode { ZAP_ANSWER, ZAP_SILENT, ZAP_BAD_VERSION, ZAP_BAD_ID, ZAP_BAD_STATUS, ZAP_TOO_FEW, ZAP_TOO_MANY, ZAP_BAD_METADATA };

void zap_start (void *ctx, enum zap_mode mode, const char *status, const char *user); /* bound when it returns */
int zap_requests (void);
int zap_frames (void);                          /* of the last request */
void zap_frame (int index, const void *bytes, size_t size); /* checks one frame of the last request */

#define SERVER_PUBLIC "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7"
#define SERVER_SECRET "JTKVSB%%)wK0E.X)V>+}o?pNmC{O&4W4b!Ni{Lh6"
#define CLIENT_PUBLIC "Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID"
#define CLIENT_SECRET "D:)Q[IlAW!ahhC2ac:9*A}h:p?([4%wOTJ%JR%cs"

enum { HANDSHAKE_EVENTS = ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL
                          | ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL | ZMQ_EVENT_HANDSHAKE_FAILED_AUTH | ZMQ_EVENT_DISCONNECTED };

#endif
