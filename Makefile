# kw: build, check and install.  `make help` lists the targets.

VERSION := $(shell sed -n 's/^.define KW_VERSION "\(.*\)"/\1/p' include/kw/app.h)
SHELL := /bin/bash
.SHELLFLAGS := -o pipefail -c
.DELETE_ON_ERROR:
.SUFFIXES:
.SECONDARY:

PREFIX ?= /usr/local
BINDIR ?= $(PREFIX)/bin
MANDIR ?= $(PREFIX)/share/man
DESTDIR ?=

# ---- variants: build/release, build/sanitize; switching needs no clean
VARIANT ?= release
B := build/$(VARIANT)

# ---- flags: ours first, the user's CPPFLAGS, CFLAGS, LDFLAGS and LDLIBS last
CC ?= cc
CFLAGS ?= -O2 -g
PKGS := vips glib-2.0 gio-2.0 json-glib-1.0 hdf5 libjpeg libdeflate
# Asked when a recipe first needs it, after `deps`, and then remembered.
pkg_config = $(shell pkg-config $(1) $(PKGS))$(if $(filter-out \
	0,$(.SHELLSTATUS)),$(error libraries are missing: run 'make deps'))
pkg_cflags = $(eval pkg_cflags := $(call pkg_config,--cflags))$(pkg_cflags)
pkg_libs = $(eval pkg_libs := $(call pkg_config,--libs))$(pkg_libs)
# -isystem keeps the warnings below out of foreign headers
kw_cppflags = -Iinclude -I. -D_GNU_SOURCE -DG_LOG_DOMAIN='"kw"' \
	-DH5_USE_110_API $(patsubst -I%,-isystem%,$(pkg_cflags))
# Plain loops over pixels are vectorised, which changes no result.
kw_cflags = -std=gnu11 -fopenmp -ffp-contract=off \
	-ftree-vectorize -fvect-cost-model=dynamic -Wall -Wextra -Wshadow -Wvla \
	-Wstrict-prototypes -Wmissing-prototypes -Wwrite-strings -Wformat=2 \
	-Wconversion -Wno-sign-conversion
kw_ldlibs = $(pkg_libs) -lm
ifeq ($(VARIANT),sanitize)
kw_cflags += -fsanitize=address,undefined -fno-sanitize-recover=undefined \
	-fno-omit-frame-pointer
export UBSAN_OPTIONS := print_stacktrace=1
# as malloc does: what we do about it is tested
export ASAN_OPTIONS := allocator_may_return_null=1
export LSAN_OPTIONS := suppressions='$(CURDIR)/tests/lsan.supp':print_suppressions=0
endif
# V=1 shows the commands.  WERROR is no part of what objects depend on.
Q := $(if $(V),,@)
werror := $(if $(WERROR),-Werror)
compile = $(CC) $(kw_cppflags) $(CPPFLAGS) $(kw_cflags) $(CFLAGS)
define link
@mkdir -p $(@D)
@echo 'LD  $@'
$(Q)$(CC) $(kw_cflags) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(libs) $(kw_ldlibs) $(LDLIBS)
endef

# ---- what is built from what
lib_src := $(wildcard lib/*.c)
prep_src := $(wildcard prep/*.c)
augment_src := $(wildcard augment/*.c)
train_src := $(wildcard train/*.c)
info_src := $(wildcard info/*.c)
mains := prep/main.c augment/main.c train/train_main.c train/predict_main.c \
	info/main.c
src := $(lib_src) $(prep_src) $(augment_src) $(train_src) $(info_src)
unit_src := $(wildcard tests/unit/test_*.c)
support_src := $(wildcard tests/support/*.c)
manuals := $(wildcard man/*.[157])

obj = $(patsubst %.c,$(B)/obj/%.o,$(1))
names := kw-prep kw-augment kw-train kw-predict kw-info
tools := $(addprefix $(B)/,$(names))
units := $(patsubst tests/unit/%.c,$(B)/unit/%,$(unit_src))

.PHONY: all
all: $(tools) ## Build the tools (WERROR=1: warnings are errors, V=1: show commands)

$(B)/libkw.a: $(call obj,$(lib_src))
	@echo 'AR  $@'
	@rm -f $@
	$(Q)$(AR) rcs $@ $^

$(B)/kw-prep: $(call obj,$(prep_src)) $(B)/libkw.a
$(B)/kw-augment: $(call obj,$(augment_src)) $(B)/libkw.a
$(B)/kw-train: $(call obj,$(filter-out train/predict%,$(train_src))) $(B)/libkw.a
$(B)/kw-predict: $(call obj,$(filter-out train/train_main.c,$(train_src))) $(B)/libkw.a
$(B)/kw-train $(B)/kw-predict: libs := -ldnnl
$(B)/kw-info: $(call obj,$(info_src)) $(B)/libkw.a

$(tools):
	$(link)

# A unit test links everything but the mains, so that it can reach any module.
$(B)/unit/%: libs := -lcmocka -ldnnl -lz
$(B)/unit/%: $(B)/obj/tests/unit/%.o $(call obj,$(support_src) \
		$(filter-out $(mains),$(prep_src) $(augment_src) $(train_src) \
		$(info_src))) $(B)/libkw.a
	$(link)

# Draws the photos that the scripts of tests/cli work on.
$(B)/make-photos: $(call obj,tests/cli/make_photos.c tests/support/draw.c)
	$(link)

# Draws photos with known leaks; judges what a dataset made of them.
$(B)/make-leaks: $(call obj,tests/cli/make_leaks.c tests/support/scene.c \
		tests/support/leaks.c tests/support/leaks_plan.c) $(B)/libkw.a
	$(link)
$(B)/check-leaks: $(call obj,tests/cli/check_leaks.c tests/support/leaks.c) \
		$(B)/libkw.a
	$(link)

# Writes the photos that tests/cli/prep_hostile.sh has kw-prep survive.
$(B)/make-hostile: libs := -lz
$(B)/make-hostile: $(call obj,tests/cli/make_hostile.c tests/support/draw.c \
		$(wildcard tests/support/hostile*.c)) $(B)/libkw.a
	$(link)

# Writes the datasets that tests/interop reads with h5py.
$(B)/make-datasets: libs := -lcmocka
$(B)/make-datasets: $(call obj,tests/interop/make_datasets.c \
		tests/support/kwdata.c tests/support/kwtest.c) $(B)/libkw.a
	$(link)

# Draws the photos that tests/bench measures with.
$(B)/make-scenes: $(call obj,tests/bench/make_scenes.c tests/support/scene.c)
	$(link)

# A bare decode: what kw-prep is measured against.
$(B)/jpeg-limit: libs := -ljpeg
$(B)/jpeg-limit: $(call obj,tests/bench/jpeg_limit.c)
	$(link)

# The kernel alone: what kw-augment is measured against.
$(B)/warp-rate: $(call obj,tests/bench/warp_rate.c) $(B)/libkw.a
	$(link)

# Bare operations of oneDNN: what kw-train is measured against.
$(B)/train-limit: libs := -ldnnl
$(B)/train-limit: $(call obj,tests/bench/train_limit.c tests/bench/bare.c) \
		$(B)/libkw.a
	$(link)

# Our Winograd convolutions beside direct ones.
$(B)/winograd-rate: libs := -ldnnl
$(B)/winograd-rate: $(call obj,tests/bench/winograd_rate.c \
		$(wildcard train/dnn*.c train/outer*.c train/winograd*.c)) \
		$(B)/libkw.a
	$(link)

$(B)/obj/%.o: %.c $(B)/.compile
	@mkdir -p $(@D)
	@echo 'CC  $<'
	$(Q)$(compile) $(werror) -MMD -MP -c -o $@ $<

# A plain C twin of each AVX-512 instruction: minutes to optimise with sanitizers.
ifeq ($(VARIANT),sanitize)
$(B)/obj/tests/support/warp_emulated.o: private CFLAGS += -O0
endif
# The same in any variant; what it passes in memory stays in its file.
$(addprefix $(B)/obj/tests/support/,winograd_emulated.o \
	winograd_emulated_bf16.o): private CFLAGS += -O0 -Wno-psabi

# Rewritten only when the compile line changes, so that objects follow it.  The
# packages come first where both are asked for, under -j as well.
$(B)/.compile: FORCE | $(filter deps,$(MAKECMDGOALS))
	@mkdir -p $(@D)
	@printf '%s\n' $(call quote,$(compile)) | cmp -s - $@ || \
		printf '%s\n' $(call quote,$(compile)) > $@
quote = '$(subst ','\'',$(1))'

.PHONY: FORCE
FORCE:

-include $(patsubst %.c,$(B)/obj/%.d,$(src) $(unit_src) $(support_src) \
	$(wildcard tests/cli/*.c tests/bench/*.c) tests/interop/make_datasets.c)

# ---- checks
# What the scripts of tests/cli work with.
helpers := $(addprefix $(B)/,make-photos make-hostile make-leaks check-leaks \
	make-datasets)

.PHONY: check sanitize leakage kills interop
check: $(tools) $(units) $(helpers) ## Run all tests; ends with "N passed, N failed"
	@tests/run $(B) $(units) $(sort $(wildcard tests/cli/*.sh)) \
		tests/check-man.sh tests/check-headers.sh

sanitize: ## The same, built with AddressSanitizer and UBSan
	$(MAKE) VARIANT=sanitize check

# What `check` does with 1,200 drawn photos, with as many as show more.
leakage: $(tools) $(helpers) ## Test what kw-prep keeps together on 5,000 drawn photos
	@KW_LEAK_PHOTOS=5000 tests/run $(B) tests/cli/prep_leakage.sh

# The same with runs of kw-train that are killed and resumed.
kills: $(tools) $(helpers) ## Test that 20 kills of a training change nothing
	@KW_KILLS=20 tests/run $(B) tests/cli/train_resume.sh

interop: $(tools) $(B)/make-datasets deps-interop ## Compare with real Keras, in a virtual environment of its own
	@tests/interop/run $(B)

# ---- measurements: `make bench` is every bench-PART
.PHONY: bench bench-prep bench-augment bench-train
bench: bench-prep bench-augment bench-train ## Measure against peers and limits, into docs/benchmarks.md

bench-prep: $(B)/kw-prep $(B)/make-scenes $(B)/jpeg-limit deps-bench
	@tests/bench/run $(B) prep

bench-augment: $(B)/kw-prep $(B)/kw-augment $(B)/make-scenes $(B)/warp-rate \
		deps-bench
	@tests/bench/run $(B) augment

bench-train: $(B)/kw-prep $(B)/kw-train $(B)/kw-predict $(B)/make-scenes \
		$(B)/train-limit deps-bench
	@tests/bench/run $(B) train

# ---- the whole job
.PHONY: pipeline weights
pipeline: $(tools) ## Photos to classifier: DATA=FOLDER, else drawings from Debian
	@datasets/pipeline $(B)

weights: | $(filter deps,$(MAKECMDGOALS)) ## Fetch VGG19's ImageNet weights (80 MB), checksum verified
	@datasets/weights

# ---- packages of Debian 12 and 13: what is missing is installed, with sudo
# when not root.  One line each: the package, and what it is for.
define packages_deps
gcc               the compiler, with its OpenMP and sanitizers
libc6-dev         headers of the C library
pkgconf           where the libraries are
libvips-dev       opens photos, manages colours, draws sheets
libjpeg-dev       decodes JPEG photos
libglib2.0-dev    errors, strings, checksums
libhdf5-dev       the datasets and models
libdnnl-dev       oneDNN: the layers of the network
libjson-glib-dev  the description of a Keras model
librandom123-dev  keyed random numbers
libdeflate-dev    CRC-32 of the images
libcmocka-dev     the unit tests of 'make check'
zlib1g-dev        the PNG files that the tests damage
mandoc            checks the manuals
curl              fetches the weights
ca-certificates   for curl
endef
define packages_deps-interop
python3-venv      the virtual environment of 'make interop'
endef
define packages_deps-bench
libjpeg-dev       the limit: a bare decode
python3-venv      the virtual environment of 'make bench'
g++               a peer of kw-train: torch.compile
python3-dev       the same
endef
define packages_deps-roots
debootstrap             bare roots of Debian for tests/debian-root
debian-archive-keyring  Debian's signatures
endef

.PHONY: deps deps-interop deps-bench deps-roots
deps: ## Install the libraries and tools that building and checking need
deps deps-interop deps-bench deps-roots: export PACKAGES = $(packages_$@)
deps-interop deps-bench deps-roots: | $(filter deps,$(MAKECMDGOALS))
deps deps-interop deps-bench deps-roots:
	@missing=(); \
	while read -r package use; do \
		[ "$$(dpkg-query -Wf '$${db:Status-Status}' "$$package" \
			2> /dev/null)" = installed ] && continue; \
		printf '%-22s  %s\n' "$$package" "$$use"; \
		missing+=("$$package"); \
	done <<< "$$PACKAGES"; \
	if [ $${#missing[@]} -eq 0 ]; then \
		echo '$@: all packages are installed'; exit; \
	fi; \
	command -v apt-get > /dev/null || { \
		echo '$@: no apt-get here; install what the above is called on this system'; \
		exit 1; }; \
	sudo=(); [ "$$(id -u)" -eq 0 ] || sudo=(sudo); \
	echo "$@: $${sudo[*]} apt-get install $${missing[*]}"; \
	"$${sudo[@]}" apt-get -q update && \
	"$${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qy \
		-o Dpkg::Use-Pty=0 install --no-install-recommends "$${missing[@]}"

# ---- install
.PHONY: install uninstall
install: $(tools) ## Install tools and manuals (PREFIX=/usr/local, DESTDIR=)
	install -d $(DESTDIR)$(BINDIR)
	install -m 755 $(tools) $(DESTDIR)$(BINDIR)
	for page in $(manuals); do \
		install -D -m 644 -t $(DESTDIR)$(MANDIR)/man$${page##*.} $$page \
			|| exit; \
	done

uninstall: ## Remove what install has put there
	rm -f $(addprefix $(DESTDIR)$(BINDIR)/,$(names)) \
		$(foreach page,$(notdir $(manuals)),$(DESTDIR)$(MANDIR)/man$(subst \
		.,,$(suffix $(page)))/$(page))

.PHONY: clean help
clean: ## Remove build/, with all that was built and fetched into it
	rm -rf build

help: ## Print this list
	@echo 'kw $(VERSION).  make TARGET, where TARGET is:'
	@sed -n 's/^\([a-z]*\):[^#]*## \(.*\)/\1\t\2/p' Makefile | \
		while IFS=$$'\t' read -r target text; do \
			printf '  %-10s %s\n' "$$target" "$$text"; \
		done
