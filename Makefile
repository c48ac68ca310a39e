# zmq_rs: build, install, check. Needs cargo and a C compiler.

CARGO ?= cargo
PREFIX ?= /usr/local
LIBDIR ?= $(PREFIX)/lib
INCLUDEDIR ?= $(PREFIX)/include
# Cargo features to build with: gssapi, or none.
FEATURES ?=
TARGET_DIR ?= $(if $(CARGO_TARGET_DIR),$(CARGO_TARGET_DIR),target)
RELEASE = $(TARGET_DIR)/release
VERSION = $(shell sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -1)
# What pkg-config users compare with: the version of libzmq that the library is compatible with.
COMPATIBLE = $(shell awk '/#define ZMQ_VERSION_(MAJOR|MINOR|PATCH)/ {v = v sep $$3; sep = "."} END {print v}' include/zmq.h)

# What a program needs besides that links the static library.
PRIVATE = $(if $(findstring gssapi,$(FEATURES)),-lgssapi_krb5)

# A directory as pkg-config should see it, so that --define-variable=prefix=... moves it.
relative = $(patsubst $(PREFIX)/%,$${prefix}/%,$(1))

.PHONY: all lib header drop-in install check clean

all: lib

lib:
	$(CARGO) build --release --lib $(if $(FEATURES),--features $(FEATURES))

# Writes include/zmq.h anew after a change of src/abi.
header:
	ZMQ_RS_WRITE_HEADER=1 $(CARGO) build --lib

# Installs what was built, and builds only what is not there: under sudo there is often no cargo.
$(RELEASE)/libzmq_rs.so:
	$(MAKE) lib

# A folder for LD_LIBRARY_PATH and -L: the same code under libzmq's name, which the loader and ldconfig go by.
drop-in: lib
	rm -rf build/drop-in
	mkdir -p build/drop-in
	$(CC) -shared -o build/drop-in/libzmq.so.5 -Wl,-soname,libzmq.so.5 -Wl,--version-script=scripts/exports.map \
	    -Wl,--gc-sections -Wl,--whole-archive $(RELEASE)/libzmq_rs.a -Wl,--no-whole-archive $(PRIVATE) -lgcc_s \
	    -lpthread -ldl -lm
	ln -s libzmq.so.5 build/drop-in/libzmq.so

install: $(RELEASE)/libzmq_rs.so
	install -d $(DESTDIR)$(LIBDIR)/pkgconfig $(DESTDIR)$(INCLUDEDIR)
	install -m 755 $(RELEASE)/libzmq_rs.so $(DESTDIR)$(LIBDIR)/libzmq_rs.so.5.$(VERSION)
	ln -sf libzmq_rs.so.5.$(VERSION) $(DESTDIR)$(LIBDIR)/libzmq_rs.so.5
	ln -sf libzmq_rs.so.5 $(DESTDIR)$(LIBDIR)/libzmq_rs.so
	install -m 644 $(RELEASE)/libzmq_rs.a $(DESTDIR)$(LIBDIR)/libzmq_rs.a
	install -m 644 include/zmq.h include/zmq_utils.h $(DESTDIR)$(INCLUDEDIR)
	sed -e 's|@PREFIX@|$(PREFIX)|' -e 's|@LIBDIR@|$(call relative,$(LIBDIR))|' \
	    -e 's|@INCLUDEDIR@|$(call relative,$(INCLUDEDIR))|' \
	    -e 's|@VERSION@|$(COMPATIBLE)|' \
	    -e 's|@PRIVATE@|$(PRIVATE)|' scripts/libzmq_rs.pc.in > $(DESTDIR)$(LIBDIR)/pkgconfig/libzmq_rs.pc

check:
	scripts/test-all

clean:
	$(CARGO) clean
	rm -rf build
