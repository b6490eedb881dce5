/* Turns what programs learn of the machine from uname(2) into that of any Debian 12: preloaded, so that no recording tells who recorded it. */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <string.h>
#include <sys/utsname.h>

int uname(struct utsname *name)
{
    int (*real)(struct utsname *) = (int (*)(struct utsname *))dlsym(RTLD_NEXT, "uname");
    int done = real ? real(name) : -1;

    if (done == 0) {
        strcpy(name->release, "6.1.0");
        strcpy(name->version, "#1 SMP Debian");
    }
    return done;
}
