// Thread-safe.
#pragma once

namespace ruvector::net {

// socket() and accept() whose sockets no other program inherits. -1 with errno.
int open_socket(int family, int type, int protocol) noexcept;
int accept_socket(int listener) noexcept;

// Ends the connection, also of a forked child that holds the socket, and closes it. 0, or -1.
int close_socket(int socket) noexcept;

}  // namespace ruvector::net
