"""Binds the Unix datagram socket that is named by the argument, and prints each message as a line."""

import os
import socket
import sys

listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
listener.bind(sys.argv[1])
print('bound', flush=True)
while True:
    message, descriptors, _, _ = socket.recv_fds(listener, 4096, 1)
    # The sender of BARRIER=1 waits until its descriptor is closed.
    for descriptor in descriptors:
        os.close(descriptor)
    print(message.decode().strip().replace('\n', ' '), flush=True)
