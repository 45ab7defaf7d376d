// dbus-next falls back to net.connect when this throws; Phoenix always passes `unix:socket=`, which never asks for it.
throw new Error("usocket is not used by Phoenix");
