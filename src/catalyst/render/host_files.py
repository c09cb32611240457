"""Files of a host that sandboxes show or cover. Patterns mean the same to pathlib's glob and to AppArmor."""

# What programs need of /etc to run at all: libraries, names, certificates, fonts. No passwd: the sandbox has its own.
ETC = (
    "/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/ld.so.conf.d", "/etc/alternatives", "/etc/nsswitch.conf",
    "/etc/ssl/certs", "/etc/ssl/openssl.cnf", "/etc/ca-certificates", "/etc/pki/tls/certs",
    "/etc/pki/ca-trust/extracted", "/etc/localtime", "/etc/fonts", "/etc/mime.types", "/etc/services",
    "/etc/protocols", "/etc/OpenCL/vendors", "/etc/vulkan",
)  # fmt: skip
# Nodes of each vendor, and the folders of /sys its libraries read (knowledge: confinement.md §8). Not run on a GPU here.
GPU = {
    "none": (),
    "nvidia": ("/dev/nvidia*", "/dev/nvidia-caps/*", "/dev/dxg", "/sys/module/nvidia", "/sys/bus/pci/devices",
               "/sys/devices/pci*", "/run/nvidia-persistenced"),
    "amd": ("/dev/kfd", "/dev/dri", "/sys/class/kfd", "/sys/class/drm", "/sys/dev/char", "/sys/bus/pci/devices",
            "/sys/devices/pci*", "/sys/devices/virtual/kfd"),
    "intel": ("/dev/dri", "/sys/class/drm", "/sys/dev/char", "/sys/bus/pci/devices", "/sys/devices/pci*"),
}  # fmt: skip
# Of the masked files of the kernel those that are settings: they may be read, the others show the host.
READABLE = frozenset({"/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"})
