// The numbers of system calls that workers are refused, and of those that are looked at, on x86-64 and on 64-bit ARM
// (asm/unistd_64.h and asm-generic/unistd.h of Linux). A call that an architecture does not have is null.

/** A call: its number on x86-64, and on 64-bit ARM. */
export type SyscallNumbers = readonly [x64: number | null, arm64: number | null];

/** What is refused whatever its arguments are. */
export const REFUSED = {
  /** Other programs, and processes that are copies of this one; `clone` and `clone3` also make threads and are apart. */
  programs: {
    execve: [59, 221],
    execveat: [322, 281],
    fork: [57, null],
    vfork: [58, null],
  },
  /** Sockets of every family. The channel to the parent is there already and needs none of these. */
  network: {
    socket: [41, 198],
    socketpair: [53, 199],
    connect: [42, 203],
    bind: [49, 200],
    listen: [50, 201],
    accept: [43, 202],
    accept4: [288, 242],
  },
  /** Other processes: their memory, descriptors, signals, and what is shared with them by name. */
  others: {
    ptrace: [101, 117],
    process_vm_readv: [310, 270],
    process_vm_writev: [311, 271],
    process_madvise: [440, 440],
    process_mrelease: [448, 448],
    kcmp: [312, 272],
    pidfd_open: [434, 434],
    pidfd_getfd: [438, 438],
    pidfd_send_signal: [424, 424],
    tkill: [200, 130],
    rt_sigqueueinfo: [129, 138],
    rt_tgsigqueueinfo: [297, 240],
    shmget: [29, 194],
    shmat: [30, 196],
    shmctl: [31, 195],
    semget: [64, 190],
    msgget: [68, 186],
    mq_open: [240, 180],
    mq_unlink: [241, 181],
  },
  /** Doors of the kernel that have let processes out before, and that no decoder needs. */
  kernel: {
    bpf: [321, 280],
    userfaultfd: [323, 282],
    perf_event_open: [298, 241],
    io_uring_setup: [425, 425],
    io_uring_enter: [426, 426],
    io_uring_register: [427, 427],
    keyctl: [250, 219],
    add_key: [248, 217],
    request_key: [249, 218],
    init_module: [175, 105],
    finit_module: [313, 273],
    delete_module: [176, 106],
    kexec_load: [246, 104],
    kexec_file_load: [320, 294],
    lookup_dcookie: [212, 18],
    nfsservctl: [180, 42],
    uselib: [134, null],
    personality: [135, 92],
    modify_ldt: [154, null],
    iopl: [172, null],
    ioperm: [173, null],
    fanotify_init: [300, 262],
    fanotify_mark: [301, 263],
    open_by_handle_at: [304, 265],
    name_to_handle_at: [303, 264],
  },
  /** The machine itself: mounts, namespaces, clocks, names, power. */
  machine: {
    mount: [165, 40],
    umount2: [166, 39],
    pivot_root: [155, 41],
    move_mount: [429, 429],
    open_tree: [428, 428],
    open_tree_attr: [467, 467],
    fsopen: [430, 430],
    fsconfig: [431, 431],
    fsmount: [432, 432],
    fspick: [433, 433],
    mount_setattr: [442, 442],
    chroot: [161, 51],
    setns: [308, 268],
    unshare: [272, 97],
    swapon: [167, 224],
    swapoff: [168, 225],
    reboot: [169, 142],
    sethostname: [170, 161],
    setdomainname: [171, 162],
    acct: [163, 89],
    quotactl: [179, 60],
    quotactl_fd: [443, 443],
    syslog: [103, 116],
    settimeofday: [164, 170],
    clock_settime: [227, 112],
    adjtimex: [159, 171],
    clock_adjtime: [305, 266],
    vhangup: [153, 58],
  },
  /** Changes of files by name, and of what is written about them; opening for writing is apart. */
  files: {
    truncate: [76, 45],
    creat: [85, null],
    rename: [82, null],
    renameat: [264, 38],
    renameat2: [316, 276],
    unlink: [87, null],
    unlinkat: [263, 35],
    mkdir: [83, null],
    mkdirat: [258, 34],
    rmdir: [84, null],
    link: [86, null],
    linkat: [265, 37],
    symlink: [88, null],
    symlinkat: [266, 36],
    mknod: [133, null],
    mknodat: [259, 33],
    chmod: [90, null],
    fchmod: [91, 52],
    fchmodat: [268, 53],
    fchmodat2: [452, 452],
    chown: [92, null],
    fchown: [93, 55],
    lchown: [94, null],
    fchownat: [260, 54],
    setxattr: [188, 5],
    lsetxattr: [189, 6],
    fsetxattr: [190, 7],
    setxattrat: [463, 463],
    removexattr: [197, 14],
    lremovexattr: [198, 15],
    fremovexattr: [199, 16],
    removexattrat: [466, 466],
    utime: [132, null],
    utimes: [235, null],
    futimesat: [261, null],
    utimensat: [280, 88],
    file_setattr: [469, 469],
  },
} as const satisfies Record<string, Record<string, SyscallNumbers>>;

/** What is refused by its arguments, or answered as if it did not exist. */
export const LOOKED_AT = {
  clone: [56, 220],
  clone3: [435, 435],
  kill: [62, 129],
  tgkill: [234, 131],
  prlimit64: [302, 261],
  ioctl: [16, 29],
  open: [2, null],
  openat: [257, 56],
  openat2: [437, 437],
} as const satisfies Record<string, SyscallNumbers>;

/** What the sandbox itself is made with. */
export const USED = {
  prctl: [157, 167],
  seccomp: [317, 277],
  landlock_create_ruleset: [444, 444],
  landlock_add_rule: [445, 445],
} as const satisfies Record<string, SyscallNumbers>;

/** The number of a call on this machine; undefined where it has none, or nobody knows it. */
export function numberOf([x64, arm64]: SyscallNumbers, arch: string = process.arch): number | undefined {
  return (arch === 'x64' ? x64 : arch === 'arm64' ? arm64 : null) ?? undefined;
}
