// Results that are not what they seem: what the caller copies out of the box.
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <unistd.h>

#include "attack.h"

#define OUTPUT "/tmp/out"

// `link-output TARGET`: the result is a symbolic link.
static int link_output(int argc, char** argv) {
    outcome("symlink", symlink(word(argc, argv, 1, "/etc/passwd"), OUTPUT));
    return 0;
}

// The way to the result leads through a link: /tmp/way/out with /tmp/way -> TARGET.
static int link_on_the_way(int argc, char** argv) {
    outcome("symlink", symlink(word(argc, argv, 1, "/etc"), "/tmp/way"));
    return 0;
}

static int link_chain(int argc, char** argv) {
    (void)argc, (void)argv;
    symlink("/etc/passwd", "/tmp/third");
    symlink("third", "/tmp/second");
    outcome("symlink", symlink("../tmp/second", OUTPUT));
    return 0;
}

// `hard-link FILE`
static int hard_link(int argc, char** argv) {
    const char* file = word(argc, argv, 1, "/etc/passwd");
    outcome("link", link(file, OUTPUT));
    const int fd = open(file, O_RDONLY);
    if (fd >= 0) outcome("link by descriptor", linkat(fd, "", AT_FDCWD, OUTPUT, AT_EMPTY_PATH));
    return 0;
}

static int fifo_output(int argc, char** argv) {
    (void)argc, (void)argv;
    outcome("mkfifo", mkfifo(OUTPUT, 0666));
    return 0;
}

static int socket_output(int argc, char** argv) {
    (void)argc, (void)argv;
    const struct sockaddr_un address = {AF_UNIX, OUTPUT};
    const int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    outcome("bind", bind(fd, (const struct sockaddr*)&address, sizeof address));
    return 0;
}

static int directory_output(int argc, char** argv) {
    (void)argc, (void)argv;
    outcome("mkdir", mkdir(OUTPUT, 0777));
    return 0;
}

static int device_output(int argc, char** argv) {
    (void)argc, (void)argv;
    outcome("mknod zero", mknod(OUTPUT, S_IFCHR | 0666, makedev(1, 5)));
    outcome("mknod disk", mknod("/tmp/disk", S_IFBLK | 0666, makedev(254, 0)));
    outcome("mknod kmem", mknod("/tmp/kmem", S_IFCHR | 0666, makedev(1, 2)));
    return 0;
}

static int sparse_output(int argc, char** argv) {
    const int fd = open(OUTPUT, O_WRONLY | O_CREAT, 0666);
    must("create the output", fd);
    outcome("truncate", ftruncate(fd, (off_t)number(argc, argv, 1, 1024) << 30));
    return 0;
}

// Alternates between a file and a link of the same name until it is killed.
static int swap_output(int argc, char** argv) {
    while (!out_of_time()) {
        const int fd = open("/tmp/file", O_WRONLY | O_CREAT | O_TRUNC, 0666);
        must("write own text", write(fd, "own\n", 4));
        close(fd);
        rename("/tmp/file", OUTPUT);
        symlink(word(argc, argv, 1, "/etc/passwd"), "/tmp/link");
        rename("/tmp/link", OUTPUT);
    }
    return 0;
}

const struct attack kOutputAttacks[] = {
    {"link-output", link_output},
    {"link-on-the-way", link_on_the_way},
    {"link-chain", link_chain},
    {"hard-link", hard_link},
    {"fifo-output", fifo_output},
    {"socket-output", socket_output},
    {"directory-output", directory_output},
    {"device-output", device_output},
    {"sparse-output", sparse_output},
    {"swap-output", swap_output},
    {NULL, NULL},
};
