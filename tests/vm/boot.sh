# SPDX-License-Identifier: Apache-2.0
# What a virtual machine of the tests does first (process 1, by busybox): file systems, modules, then guest.py.
# /init of the initramfs. Nothing can pivot_root out of the kernel's first file system, so that the same
# files are mounted once more and become the root.
export PATH=/usr/sbin:/usr/bin:/sbin:/bin
if [ "$1" != again ]; then
	mount -t proc proc /proc
	mount --bind / /run
	cd /run || exit
	mount --move . /
	exec chroot . /bin/sh /vm/boot.sh again
fi
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
mkdir -p /dev/pts /dev/shm
mount -t devpts -o ptmxmode=666 devpts /dev/pts
mount -t tmpfs tmpfs /dev/shm
# The kernel's first file system maps no ids, a tmpfs does (Linux 6.3).
mount -t tmpfs -o mode=1777 tmpfs /tmp
mount -t tmpfs -o mode=1777 tmpfs /var/tmp
ln -sf /proc/self/fd /dev/fd
mount -t cgroup2 cgroup2 /sys/fs/cgroup
for module in /vm/modules/*.ko; do
	insmod "$module" || echo "vm: no module $module"
done
ip link set lo up
hostname sbx-vm
python3 -B /vm/guest.py || echo "vm: guest.py failed"
reboot -f
