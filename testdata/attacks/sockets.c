// Ways out over the network.
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "attack.h"

// `connect ADDRESS PORT`, without waiting: an unreachable network refuses at once.
static int connect_to(int argc, char** argv) {
    struct sockaddr_in address = {.sin_family = AF_INET};
    address.sin_port = htons((uint16_t)number(argc, argv, 2, 53));
    inet_pton(AF_INET, word(argc, argv, 1, "192.0.2.1"), &address.sin_addr);
    const int tcp = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    outcome("tcp", connect(tcp, (struct sockaddr*)&address, sizeof address));
    const int udp = socket(AF_INET, SOCK_DGRAM, 0);
    outcome("udp", sendto(udp, "x", 1, 0, (struct sockaddr*)&address, sizeof address));
    return 0;
}

static int loopback(int argc, char** argv) {
    (void)argc, (void)argv;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    const int server = socket(AF_INET, SOCK_STREAM, 0);
    outcome("bind", bind(server, (struct sockaddr*)&address, sizeof address));
    outcome("listen", listen(server, 1));
    getsockname(server, (struct sockaddr*)&address, &length);
    const int client = socket(AF_INET, SOCK_STREAM, 0);
    outcome("connect", connect(client, (struct sockaddr*)&address, sizeof address));
    return 0;
}

// `reach PORT` of the loopback, which is the host's where the network is shared.
static int reach(int argc, char** argv) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    address.sin_port = htons((uint16_t)number(argc, argv, 1, 5050));
    const int client = socket(AF_INET, SOCK_STREAM, 0);
    outcome("connect", connect(client, (struct sockaddr*)&address, sizeof address));
    return 0;
}

// `abstract NAME`: a socket of the host that has no file.
static int abstract(int argc, char** argv) {
    const char* name = word(argc, argv, 1, "assay-attack");
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    strncpy(address.sun_path + 1, name, sizeof address.sun_path - 2);
    const socklen_t length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + strlen(name));
    const int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    outcome("abstract socket", connect(fd, (struct sockaddr*)&address, length));
    return 0;
}

static int families(int argc, char** argv) {
    (void)argc, (void)argv;
    static const struct {
        const char* name;
        int family;
        int type;
    } kinds[] = {
        {"packet", AF_PACKET, SOCK_RAW},     {"raw inet", AF_INET, SOCK_RAW},
        {"vsock", AF_VSOCK, SOCK_STREAM},    {"alg", AF_ALG, SOCK_SEQPACKET},
        {"xdp", AF_XDP, SOCK_RAW},           {"bluetooth", AF_BLUETOOTH, SOCK_RAW},
        {"tipc", AF_TIPC, SOCK_STREAM},      {"can", AF_CAN, SOCK_RAW},
        {"netfilter", AF_NETLINK, SOCK_RAW}, {"key", AF_KEY, SOCK_RAW},
    };
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        const int protocol = kinds[i].family == AF_NETLINK ? 12
                             : kinds[i].family == AF_INET  ? 1
                                                           : 0;
        outcome(kinds[i].name, socket(kinds[i].family, kinds[i].type, protocol));
    }
    return 0;
}

const struct attack kSocketAttacks[] = {
    {"connect", connect_to}, {"loopback", loopback}, {"reach", reach},
    {"abstract", abstract},  {"families", families}, {NULL, NULL},
};
