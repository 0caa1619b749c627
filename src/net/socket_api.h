// The system's sockets and addresses. Sockets are `int` here on every system: those of Windows are
// handles, of which 32 bits count.
#pragma once

#ifdef _WIN32
#include <winsock2.h>
#include <ws2tcpip.h>
#else
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#endif

namespace ruvector::net {

#ifdef _WIN32
using SystemSocket = SOCKET;
#else
using SystemSocket = int;
#endif

// -1 is no socket of any system.
inline SystemSocket system_socket(int socket) noexcept { return static_cast<SystemSocket>(socket); }

}  // namespace ruvector::net
