# Spawns by fork and exec. Arguments: the program and its arguments. The words are those of src/native/bench.h.
use strict;
use warnings;
use POSIX ();
use Time::HiRes qw(clock_gettime CLOCK_MONOTONIC);

my @command = @ARGV;
my $ballast;

# A string is one piece of memory; Perl fills it with zeroes up to the byte that is set, and so touches all of it.
sub carry {
    my ($bytes) = @_;
    undef $ballast;
    vec($ballast, $bytes - 1, 8) = 1 if $bytes > 0;
}

sub execute {
    if (open(STDIN, '<', '/dev/null') && open(STDOUT, '>', '/dev/null')) {
        no warnings 'exec';
        exec { $command[0] } @command;
    }
    print STDERR "$command[0]: $!\n";
    POSIX::_exit(127);
}

sub nanoseconds {
    return sprintf '%.0f', 1e9 * shift;
}

sub run {
    my ($count) = @_;
    my @samples;
    for (1 .. $count) {
        my $started = clock_gettime(CLOCK_MONOTONIC);
        my $pid = fork;
        return "error spawn $!" unless defined $pid;
        execute() if $pid == 0;
        my $free = clock_gettime(CLOCK_MONOTONIC);
        waitpid $pid, 0;
        my $ended = clock_gettime(CLOCK_MONOTONIC);
        return 'error signal ' . ($? & 127) if $? & 127;
        return 'error exit ' . ($? >> 8) if $?;
        push @samples, nanoseconds($free - $started) . ' ' . nanoseconds($ended - $started);
    }
    return @samples, sprintf('done fork (perl %vd)', $^V);
}

sub answer {
    my ($line) = @_;
    if ($line =~ /^carry (\d+) /) {
        return eval { carry($1); 1 } ? 'carried' : 'error carry ' . $@ =~ s/\n/ /gr;
    }
    return run($1) if $line =~ /^run .* (\d+)$/;
    return qq(error "$line" is no command);
}

$| = 1;
print "ready 1\n";
while (my $line = <STDIN>) {
    chomp $line;
    print map { "$_\n" } answer($line);
}
