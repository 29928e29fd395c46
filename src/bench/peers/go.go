// Spawns by os/exec. Arguments: the program and its arguments. The words are those of src/native/bench.h.
package main

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"time"
)

const pageBytes = 4096

type sample struct {
	callerBlocked, spawnToExit time.Duration
}

// Beside Go's own heap, which its collector looks after.
var ballast []byte

func carry(bytes int, hugePages bool) error {
	if ballast != nil {
		if err := syscall.Munmap(ballast); err != nil {
			return err
		}
		ballast = nil
	}
	if bytes == 0 {
		return nil
	}
	flags := syscall.MAP_PRIVATE | syscall.MAP_ANON | syscall.MAP_NORESERVE
	memory, err := syscall.Mmap(-1, 0, bytes, syscall.PROT_READ|syscall.PROT_WRITE, flags)
	if err != nil {
		return err
	}
	ballast = memory
	advice := syscall.MADV_NOHUGEPAGE
	if hugePages {
		advice = syscall.MADV_HUGEPAGE
	}
	// A kernel without huge pages says EINVAL to both.
	if err := syscall.Madvise(memory, advice); err != nil && (hugePages || err != syscall.EINVAL) {
		return err
	}
	for at := 0; at < bytes; at += pageBytes {
		memory[at] = 1
	}
	return nil
}

func run(command []string, count int) ([]sample, error) {
	samples := make([]sample, 0, count)
	for i := 0; i < count; i++ {
		started := time.Now()
		child := exec.Command(command[0], command[1:]...)
		child.Stderr = os.Stderr
		err := child.Start()
		blocked := time.Since(started)
		if err != nil {
			return nil, fmt.Errorf("spawn %w", err)
		}
		err = child.Wait()
		samples = append(samples, sample{blocked, time.Since(started)})
		if err == nil {
			continue
		}
		if child.ProcessState == nil {
			return nil, fmt.Errorf("spawn %w", err)
		}
		if status := child.ProcessState.Sys().(syscall.WaitStatus); status.Signaled() {
			return nil, fmt.Errorf("signal %d", status.Signal())
		}
		return nil, fmt.Errorf("exit %d", child.ProcessState.ExitCode())
	}
	return samples, nil
}

func answer(out *bufio.Writer, line string) {
	var bytes, count, mappings int
	var row, hugePages string
	if n, _ := fmt.Sscanf(line, "carry %d %d %s", &bytes, &mappings, &hugePages); n == 3 {
		if err := carry(bytes, hugePages == "always"); err != nil {
			fmt.Fprintln(out, "error carry", err)
		} else {
			fmt.Fprintln(out, "carried")
		}
		return
	}
	if n, _ := fmt.Sscanf(line, "run %s %d", &row, &count); n != 2 {
		fmt.Fprintf(out, "error %q is no command\n", line)
		return
	}
	samples, err := run(os.Args[1:], count)
	if err != nil {
		fmt.Fprintln(out, "error", strings.ReplaceAll(err.Error(), "\n", " "))
		return
	}
	for _, sample := range samples {
		fmt.Fprintln(out, sample.callerBlocked.Nanoseconds(), sample.spawnToExit.Nanoseconds())
	}
	// CLONE_VM | CLONE_VFORK; see forkAndExecInChild1 of package syscall.
	fmt.Fprintf(out, "done clone (%s)\n", runtime.Version())
}

func main() {
	out := bufio.NewWriter(os.Stdout)
	fmt.Fprintln(out, "ready 1")
	out.Flush()
	for in := bufio.NewScanner(os.Stdin); in.Scan(); out.Flush() {
		answer(out, in.Text())
	}
}
