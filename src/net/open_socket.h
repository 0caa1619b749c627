// Thread-safe.
#pragma once

namespace ruvector::net {

// socket() and accept() whose sockets no other program inherits. -1 with errno.
int open_socket(int family, int type, int protocol) noexcept;
int accept_socket(int listener) noexcept;

}  // namespace ruvector::net
