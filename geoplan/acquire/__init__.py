"""Data from the Internet: the only room that opens sockets; nothing but the command line imports it."""
