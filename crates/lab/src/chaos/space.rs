//! Network namespaces, and a card in each: one end is an interface in there, the other a file of ours that takes and gives its
//! frames. TAP devices, since they work on every kernel and give whole frames with their checksums: packet sockets on a veth would
//! get segments of up to 64 KiB that nobody has summed up. Must not know what runs there. Bounds: each lives as long as its value.

use std::fs::{File, OpenOptions};
use std::io::{self, BufRead as _, BufReader};
use std::net::Ipv4Addr;
use std::os::fd::AsFd as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::process::{Command, Stdio};

use anyhow::{Context as _, ensure};
use rustix::fs::OFlags;
use rustix::ioctl::{Opcode, Updater, ioctl, opcode};
use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};

/// The interface in each namespace.
const INTERFACE: &str = "lan0";
/// Makes a descriptor an interface (linux/if_tun.h). It says that it takes an int, and takes a [`Request`].
const TUNSETIFF: Opcode = opcode::write::<i32>(b'T', 202);
/// Whole Ethernet frames, and nothing before them (linux/if_tun.h).
const TAP_WITHOUT_HEADER: i16 = 0x0002 | 0x1000;

/// `struct ifreq` of netdevice(7), with the member that `TUNSETIFF` reads.
#[repr(C)]
struct Request {
    name: [u8; 16],
    flags: i16,
    rest: [u8; 22],
}
const _: () = assert!(size_of::<Request>() == 40);

/// A network namespace.
pub(super) struct Space(File);

impl Space {
    /// A new one, with nothing but loopback.
    pub(super) fn new() -> anyhow::Result<Self> {
        let mut command = Command::new("unshare");
        command.args(["--net", "sh", "-c", "ip link set lo up && echo up && exec cat"]);
        let mut holder = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
        let mut line = String::new();
        let opened = (|| {
            BufReader::new(holder.stdout.take().context("it is piped")?).read_line(&mut line)?;
            ensure!(line == "up\n", "no network namespace (unshare --net, and ip)");
            Ok(File::open(format!("/proc/{}/ns/net", holder.id()))?)
        })();
        // The open file holds the namespace from here on.
        let _ = holder.kill();
        let _ = holder.wait();
        Ok(Self(opened?))
    }

    /// Moves the calling thread in there, and with it all sockets and processes that it begins.
    pub(super) fn enter(&self) -> io::Result<()> {
        Ok(move_into_link_name_space(self.0.as_fd(), Some(LinkNameSpaceType::Network))?)
    }

    /// Puts a card in, and gives its other end. Leaves the calling thread in there.
    pub(super) fn plug(&self, mac: [u8; 6], ip: Ipv4Addr) -> anyhow::Result<File> {
        self.enter()?;
        let card = tap().context("no TAP device (/dev/net/tun)")?;
        let mac = mac.map(|byte| format!("{byte:02x}")).join(":");
        for words in [
            format!("link set {INTERFACE} address {mac}"),
            format!("addr add {ip}/24 brd + dev {INTERFACE}"),
            format!("link set {INTERFACE} up"),
        ] {
            let done = Command::new("ip").args(words.split(' ')).output()?;
            ensure!(done.status.success(), "ip {words}: {}", String::from_utf8_lossy(&done.stderr));
        }
        Ok(card)
    }
}

fn tap() -> io::Result<File> {
    let flags = i32::try_from(OFlags::NONBLOCK.bits()).map_err(io::Error::other)?;
    let file = OpenOptions::new().read(true).write(true).custom_flags(flags).open("/dev/net/tun")?;
    let mut request = Request { name: [0; 16], flags: TAP_WITHOUT_HEADER, rest: [0; 22] };
    request.name.iter_mut().zip(INTERFACE.bytes()).for_each(|(place, byte)| *place = byte);
    #[allow(unsafe_code, reason = "there is no other way to a TAP device, and no safe wrapper in what we depend on")]
    // SAFETY: TUNSETIFF reads a `struct ifreq` and writes the interface's name back into it; `Request` has its layout and its size,
    // and outlives the call.
    unsafe {
        ioctl(&file, Updater::<TUNSETIFF, Request>::new(&mut request))?;
    }
    Ok(file)
}
