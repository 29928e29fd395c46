// Spawns by std::process::Command. Arguments: the program and its arguments. The words are those of src/native/bench.h.
use std::env::args_os;
use std::ffi::{c_int, c_long, c_void, OsString};
use std::io::{self, BufRead, Write};
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Stdio};
use std::time::Instant;

extern "C" {
    fn mmap(address: *mut c_void, bytes: usize, access: c_int, flags: c_int, fd: c_int, offset: c_long) -> *mut c_void;
    fn madvise(address: *mut c_void, bytes: usize, advice: c_int) -> c_int;
    fn munmap(address: *mut c_void, bytes: usize) -> c_int;
}

const PROT_READ_WRITE: c_int = 1 | 2;
const MAP_PRIVATE_ANONYMOUS_NORESERVE: c_int = 0x2 | 0x20 | 0x4000;
const MADV_HUGEPAGE: c_int = 14;
const MADV_NOHUGEPAGE: c_int = 15;
const EINVAL: i32 = 22;
const PAGE_BYTES: usize = 4096;

struct Ballast {
    start: *mut u8,
    bytes: usize,
}

impl Ballast {
    fn new(bytes: usize, huge_pages: bool) -> io::Result<Ballast> {
        let none = std::ptr::null_mut();
        let start = unsafe { mmap(none, bytes, PROT_READ_WRITE, MAP_PRIVATE_ANONYMOUS_NORESERVE, -1, 0) };
        if start as isize == -1 {
            return Err(io::Error::last_os_error());
        }
        let ballast = Ballast { start: start.cast(), bytes };
        let advice = if huge_pages { MADV_HUGEPAGE } else { MADV_NOHUGEPAGE };
        if unsafe { madvise(start, bytes, advice) } < 0 {
            let error = io::Error::last_os_error();
            // A kernel without huge pages says EINVAL to both.
            if huge_pages || error.raw_os_error() != Some(EINVAL) {
                return Err(error);
            }
        }
        for at in (0..bytes).step_by(PAGE_BYTES) {
            unsafe { ballast.start.add(at).write_volatile(1) };
        }
        Ok(ballast)
    }
}

impl Drop for Ballast {
    fn drop(&mut self) {
        unsafe { munmap(self.start.cast(), self.bytes) };
    }
}

fn run(command: &[OsString], count: usize) -> Result<Vec<(u128, u128)>, String> {
    let mut samples = Vec::with_capacity(count);
    for _ in 0..count {
        let started = Instant::now();
        let spawned = Command::new(&command[0])
            .args(&command[1..])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn();
        let blocked = started.elapsed();
        let mut child = spawned.map_err(|error| format!("spawn {error}"))?;
        let status = child.wait().map_err(|error| format!("spawn {error}"))?;
        samples.push((blocked.as_nanos(), started.elapsed().as_nanos()));
        match (status.code(), status.signal()) {
            (Some(0), _) => {}
            (Some(code), _) => return Err(format!("exit {code}")),
            (_, signal) => return Err(format!("signal {}", signal.unwrap_or(0))),
        }
    }
    Ok(samples)
}

fn main() -> io::Result<()> {
    let command: Vec<OsString> = args_os().skip(1).collect();
    let mut ballast = None;
    let mut out = io::stdout();
    writeln!(out, "ready 1")?;
    for line in io::stdin().lock().lines() {
        let line = line?;
        let words: Vec<&str> = line.split(' ').collect();
        match words[..] {
            ["carry", bytes, _, huge_pages, ..] => {
                drop(ballast.take());
                let bytes = bytes.parse().unwrap_or(0);
                match if bytes == 0 { Ok(None) } else { Ballast::new(bytes, huge_pages == "always").map(Some) } {
                    Ok(made) => {
                        ballast = made;
                        writeln!(out, "carried")?;
                    }
                    Err(error) => writeln!(out, "error carry {error}")?,
                }
            }
            ["run", _, count] => match run(&command, count.parse().unwrap_or(0)) {
                Ok(samples) => {
                    let lines: Vec<String> = samples.iter().map(|(blocked, exit)| format!("{blocked} {exit}\n")).collect();
                    // std takes it wherever nothing is asked for that it cannot do.
                    writeln!(out, "{}done posix_spawn ({})", lines.concat(), env!("SPAWNCTL_PEER_VERSION"))?;
                }
                Err(words) => writeln!(out, "error {words}")?,
            },
            _ => writeln!(out, "error \"{line}\" is no command")?,
        }
        out.flush()?;
    }
    Ok(())
}
