# Spawns by Process.spawn. Arguments: the program and its arguments. The words are those of src/native/bench.h.
$command = ARGV.dup
$ballast = nil

def now
  Process.clock_gettime(Process::CLOCK_MONOTONIC, :nanosecond)
end

# A string is one piece of memory, written from its first byte to its last; clear gives it back at once.
def carry(bytes)
  $ballast&.clear
  $ballast = "\x01".b * bytes
end

def page_faults
  File.read('/proc/self/stat').rpartition(')').last.split[7].to_i
end

# Which of the two Ruby takes depends on the user that it runs as. After a copy each page that is written to costs a
# page fault, even when the child is gone.
def system_call
  pages = 256
  memory = "\x01".b * (pages * 4096)
  begin
    Process.spawn(['/', '/']) # exists, and cannot be executed
  rescue SystemCallError
    nil
  end
  before = page_faults
  pages.times { |page| memory.setbyte(page * 4096, 2) }
  page_faults - before > pages / 2 ? 'fork' : 'vfork'
end

def run(count)
  program, *arguments = $command
  samples = Array.new(count) do
    started = now
    pid = Process.spawn([program, program], *arguments, in: File::NULL, out: File::NULL)
    free = now
    Process.wait(pid)
    ended = now
    return ["error signal #{$?.termsig}"] if $?.signaled?
    return ["error exit #{$?.exitstatus}"] unless $?.success?
    "#{free - started} #{ended - started}"
  end
  samples << "done #{$system_call ||= system_call} (ruby #{RUBY_VERSION})"
end

def answer(line)
  case line
  when /\Acarry (\d+) /
    begin
      carry($1.to_i)
      ['carried']
    rescue StandardError, NoMemoryError => error
      ["error carry #{error.message}"]
    end
  when /\Arun .* (\d+)\z/
    begin
      run($1.to_i)
    rescue SystemCallError => error
      ["error spawn #{error.message}"]
    end
  else
    ["error #{line.inspect} is no command"]
  end
end

$stdout.sync = true
puts 'ready 1'
$stdin.each_line(chomp: true) { |line| puts answer(line) }
