//! What a process has used so far, as Linux tells it. Must not know what the process is. Bounds: a file of /proc at a time.

use std::fs;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, ensure};

/// CPU time of all threads that the process has.
pub(super) fn cpu(pid: u32) -> anyhow::Result<Duration> {
    let mut nanos = 0_u64;
    for task in fs::read_dir(format!("/proc/{pid}/task")).context("the process to be measured has ended")? {
        // In nanoseconds, unlike the ticks of /proc/PID/stat. A thread may have ended since it was listed.
        let Ok(stat) = fs::read_to_string(task?.path().join("schedstat")) else { continue };
        let used = stat.split_whitespace().next().context("schedstat holds numbers")?;
        nanos = nanos.saturating_add(used.parse()?);
    }
    Ok(Duration::from_nanos(nanos))
}

/// CPU time of the thread that asks.
pub(super) fn thread_cpu() -> anyhow::Result<Duration> {
    let stat = fs::read_to_string("/proc/thread-self/schedstat").context("the system tells no CPU time")?;
    let used = stat.split_whitespace().next().context("schedstat holds numbers")?;
    Ok(Duration::from_nanos(used.parse()?))
}

/// Resident memory now, in bytes.
pub(super) fn memory(pid: u32) -> anyhow::Result<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).context("the process to be measured has ended")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("VmRSS is there")?;
    let kib: u64 = line.trim().trim_end_matches("kB").trim().parse()?;
    Ok(kib * 1024)
}

/// Keeps this process on one CPU, so that it takes nothing from the process that is measured.
pub(super) fn stay_on(cpu: usize) -> anyhow::Result<()> {
    let set = Command::new("taskset").args(["-acp", &cpu.to_string(), &std::process::id().to_string()]).output()?;
    ensure!(set.status.success(), "taskset: {}", String::from_utf8_lossy(&set.stderr));
    Ok(())
}

/// How many files this process may have open, raised as far as it may.
pub(super) fn files_max() -> anyhow::Result<usize> {
    let own = std::process::id().to_string();
    let limit = || -> anyhow::Result<(usize, usize)> {
        let limits = fs::read_to_string("/proc/self/limits")?;
        let line = limits.lines().find_map(|line| line.strip_prefix("Max open files")).context("a limit is listed")?;
        let number = |word: Option<&str>| word.map_or(0, |word| word.parse().unwrap_or(usize::MAX));
        let mut words = line.split_whitespace();
        Ok((number(words.next()), number(words.next())))
    };
    let (soft, hard) = limit()?;
    if soft < hard {
        // Where it cannot be raised, the limit that holds is told.
        let _ = Command::new("prlimit").args(["--pid", &own, &format!("--nofile={hard}:{hard}")]).output();
    }
    Ok(limit()?.0)
}
