/* Generating and deriving CURVE keys. */
#include "tools.h"

CASE (curve_keypair_and_public, "zmq_curve_keypair zmq_curve_public")
{
    char public_key[41], secret[41], derived[41], other[41];
    memset (public_key, 1, 41);
    memset (secret, 1, 41);
    expect_ok (zmq_curve_keypair (public_key, secret));
    expect_int (strlen (public_key), 40);
    expect_int (strlen (secret), 40);
    expect_true (strcmp (public_key, secret) != 0);
    expect_ok (zmq_curve_public (derived, secret));
    expect_str (derived, public_key);
    expect_ok (zmq_curve_keypair (other, secret));
    expect_true (strcmp (other, public_key) != 0);
}

CASE (curve_public_known_key, "zmq_curve_public")
{
    char derived[41];
    expect_ok (zmq_curve_public (derived, "D:)Q[IlAW!ahhC2ac:9*A}h:p?([4%wOTJ%JR%cs"));
    expect_str (derived, "Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID");
    expect_ok (zmq_curve_public (derived, "JTKVSB%%)wK0E.X)V>+}o?pNmC{O&4W4b!Ni{Lh6"));
    expect_str (derived, "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7");
}

CASE (curve_public_of_malformed_secrets, "zmq_curve_public EINVAL")
{
    char derived[41] = "untouched";
    expect_errno (zmq_curve_public (derived, "42"), EINVAL);
    expect_errno (zmq_curve_public (derived, ""), EINVAL);
    expect_errno (zmq_curve_public (derived, "D:)Q[IlAW!ahhC2ac:9*A}h:p?([4%wOTJ%JR%csX"), EINVAL);
    expect_str (derived, "untouched");
}

CASE (curve_public_of_an_overlong_secret, "zmq_curve_public EINVAL")
{
    char derived[41];
    expect_errno (zmq_curve_public (derived, "D:)Q[IlAW!ahhC2ac:9*A}h:p?([4%wOTJ%JR%cs00000"), EINVAL);
    expect_errno (zmq_curve_public (derived, "D:)Q[IlAW!ahhC2ac:9*A}h:p?([4%wOTJ%"), EINVAL);
}
