#!/usr/bin/perl
# A hypervisor's hash page table (HPT) and the hypercalls that resize it, after LoPAR 2.9, behind the stdio adapter of
# hptck (docs/adapter-protocol.md):
#
#     hptck certify --adapter stdio -- perl hypervisor.pl
#
# It keeps no memory and runs no guest; all that there is of a partition is its HPT, kept sparsely, and its clock.
#
#   --absent        the Hash Page Table Resize Option is not offered
#   --faults COUNT  one in COUNT hypercalls meets a hardware error, and leaves everything as it was
#   --broken N      make mistake N of the list MISTAKES below

use strict;
use warnings;
no warnings 'portable';    # hex() of more than 32 bits
use Getopt::Long 'GetOptions';
use JSON::PP ();

my @MISTAKES = (
    'none',
    'PREPARE of shift zero is answered before it is asked whether the partition may resize its HPT',
    'COMMIT complements the hash of a secondary HPTE in the old table\'s mask, also for a larger table',
    'a reset of the guest leaves the Pending HPT',
    'H_BULK_REMOVE takes the first PTEX beyond the HPT for one within',
    'COMMIT lets an HPTE that is not bolted keep the slot that a bolted one needs, and loses that',
    'PREPARE refuses a shift out of range before it has discarded the Pending HPT',
    'COMMIT hashes by the actual page size, not by the base page size',
    'COMMIT forgets that there is no Pending HPT any more',
    'H_ENTER without the Exact flag looks for a slot from the PTEX on, not from the start of the HPTEG',
    'H_PROTECT goes by the size that the HPT had at start',
);

my ($broken, $offered, $faults) = (0, 1, 0);
GetOptions('absent' => sub { $offered = 0 }, 'faults=i' => \$faults, 'broken=i' => \$broken)
    && !@ARGV && $faults >= 0 && $broken >= 0 && $broken <= $#MISTAKES
    or die "usage: hypervisor.pl [--absent] [--faults COUNT] [--broken 1..$#MISTAKES]\n";

# ---------------------------------------------------------------------------------------------- the numbers of LoPAR

use constant {
    H_SUCCESS => 0, H_BUSY => 1, H_CLOSED => 2, H_HARDWARE => -1, H_FUNCTION => -2, H_PARAMETER => -4,
    H_PTEG_FULL => -6, H_NOT_FOUND => -7, H_AUTHORITY => -10, H_RESOURCE => -16, H_TOO_BIG => -64,
    H_LONG_BUSY_ORDER_1_MSEC => 9900,
};

# Bit n of a doubleword or of the flags, counted from the left as LoPAR does.
sub bit { return 1 << (63 - $_[0]) }

use constant {
    EXACT => bit(24), READ_4 => bit(26), AVPN => bit(32), ANDCOND => bit(33),
    TOUCHES_PAGE => bit(40) | bit(41) | bit(48),          # I-Cache-Invalidate, I-Cache-Synchronize, Zero Page
};
use constant {                                            # doubleword 0
    V => 1, SECONDARY => 2, LARGE => 4, BOLTED => 0x10, HYPERVISORS_SOFTWARE_BITS => 0x60, AVPN_BITS => ~0x7f,
};
use constant {                                            # doubleword 1
    PP0 => bit(0), RESERVED => bit(1), KEY_HIGH => bit(2) | bit(3), RPN => 0x0ffffffffffff000, KEY_LOW => 0xe00,
    R => 0x100, C => 0x80, WIMG => 0x78, N => 4, PP => 3, MEMORY_COHERENT => 0x10,
};
use constant PROTECTION => PP0 | KEY_HIGH | KEY_LOW | N | PP;

# [base page, actual page, LP encoding], sizes as logarithms to base 2; for pages with L. Without L: 12/12.
my @LARGE_PAGES = ([16, 16, 0x01], [12, 16, 0x07], [12, 24, 0x38], [16, 24, 0x08], [24, 24, 0x00], [34, 34, 0x03]);

# ------------------------------------------------------------------------------------------------------ the platform

use constant {
    INITIAL_SHIFT => 24, MAX_SHIFT => 26, RAM_BYTES => 1 << 34,
    HPT_POOL     => (1 << 26) + (1 << 24),     # bytes that current and Pending HPT may take together
    CALL_US      => 100,                       # guest time that a hypercall takes
    BYTES_PER_US => 25_000,                    # of the two HPTs, while one is prepared
    PATIENCE_US  => 500,                       # a preparation that takes no longer is done within the call
    RECLAIM_US   => 20_000,                    # so often the platform takes back prepared HPTs that are not committed
};

my %partition;    # hpt: PTEX -> [doubleword 0, doubleword 1]; shift; pending; may_resize; clock_us

sub boot {
    @partition{qw(hpt shift clock_us)} = ({}, INITIAL_SHIFT, 0);
    delete $partition{pending} unless $broken == 3;
    return;
}

sub statement {
    my ($may_resize) = @_;
    return {
        resize    => !$offered ? 'absent' : $may_resize ? 'enabled' : 'disabled',
        ram_bytes => RAM_BYTES, initial_shift => INITIAL_SHIFT, max_shift => MAX_SHIFT,
        pages     => ['12/12', map { "$_->[0]/$_->[1]" } @LARGE_PAGES],
    };
}

sub within { return $_[0] < 1 << ($partition{shift} - 4) }

# ---------------------------------------------------------------------------------------------------------- hashing

# Base and actual page size of an HPTE; nothing where the encoding is reserved.
sub page_sizes {
    my ($dw0, $dw1) = @_;
    return (12, 12) unless $dw0 & LARGE;
    for my $page (@LARGE_PAGES) {
        my ($base, $actual, $encoding) = @$page;
        my $mask = $actual < 20 ? (1 << ($actual - 12)) - 1 : 0xff;
        return ($base, $actual) if ($dw1 >> 12 & $mask) == $encoding;
    }
    return;
}

# Where an HPTE of a table of 2^from bytes has to stand in one of 2^to bytes. The AVPN lacks the low 23 bits of the
# virtual address, so the low bits of the page's index in its segment come from the HPTEG that it stands in.
sub rehash {
    my ($ptex, $hpte, $from, $to) = @_;
    my ($dw0, $dw1) = @$hpte;
    my $base     = (page_sizes($dw0, $dw1))[$broken == 7 ? 1 : 0];
    my $segment  = $dw0 >> 62 ? 40 : 28;
    my $avpn     = $dw0 >> 7 & (1 << 55) - 1;
    my $vsid     = $avpn >> ($segment - 23);
    my $hash     = ($segment == 40 ? $vsid ^ $vsid << 25 : $vsid) ^ (($avpn << 23 & (1 << $segment) - 1) >> $base);
    my $from_mask = (1 << ($from - 7)) - 1;
    my $to_mask   = (1 << ($to - 7)) - 1;
    my $group     = $ptex >> 3;
    $group ^= $from_mask if $dw0 & SECONDARY;
    $hash  ^= ($hash ^ $group) & (1 << (23 - $base)) - 1 if $base < 23;
    if ($dw0 & SECONDARY) { $hash ^= $broken == 2 ? $from_mask : $to_mask }
    return ($hash & $to_mask) << 3 | $ptex & 7;
}

# The current HPT's HPTEs in a table of 2^to bytes: all that are bolted, and of the others those that find their slot
# free. Nothing if two bolted ones need one slot.
sub rehashed {
    my ($to) = @_;
    my %new;
    my @valid  = grep { $partition{hpt}{$_}[0] & V } sort { $a <=> $b } keys %{$partition{hpt}};
    my @bolted = grep { $partition{hpt}{$_}[0] & BOLTED } @valid;
    my @others = grep { !($partition{hpt}{$_}[0] & BOLTED) } @valid;
    my %taken;
    for my $ptex ($broken == 5 ? (@others, @bolted) : (@bolted, @others)) {
        my $hpte   = $partition{hpt}{$ptex};
        my $bolted = $hpte->[0] & BOLTED;
        my $new    = rehash($ptex, $hpte, $partition{shift}, $to);
        return if $bolted && $taken{$new}++;
        $new{$new} //= $hpte;
    }
    return \%new;
}

# ------------------------------------------------------------------------------------------------- the Pending HPT

# What the platform did with the Pending HPT since the guest was last looked at.
sub catch_up {
    my $pending = $partition{pending} or return;
    if ($pending->{state} eq 'preparing' && $partition{clock_us} >= $pending->{ready_us}) {
        $pending->{state} = rehashed($pending->{shift}) ? 'ready' : 'collided';
    }
    my $round = int($partition{clock_us} / RECLAIM_US);
    if ($pending->{state} ne 'preparing' && $round > $pending->{round}) { delete $partition{pending} }
    return;
}

sub long_busy {
    my ($us) = @_;
    my $order = 0;
    for (my $limit = 1000; $us > $limit && $order < 5; $limit *= 10) { $order++ }
    return H_LONG_BUSY_ORDER_1_MSEC + $order;
}

sub pending_status {
    my $pending = $partition{pending};
    return $pending->{state} eq 'preparing' ? long_busy($pending->{ready_us} - $partition{clock_us})
         : $pending->{state} eq 'collided'  ? H_PTEG_FULL
         :                                    H_SUCCESS;
}

# shift is an int32: the register's low half, with its sign.
sub int32 { return unpack 'l', pack 'L', $_[0] & 0xffffffff }

sub resize_prepare {
    my ($flags, $shift) = ($_[0], int32($_[1]));
    return H_FUNCTION unless $offered;
    return H_SUCCESS if $broken == 1 && $flags == 0 && $shift == 0 && !$partition{pending};
    return H_AUTHORITY unless $partition{may_resize};
    return H_PARAMETER if $broken == 6 && $shift != 0 && ($shift < 18 || $shift > 46);
    if (my $pending = $partition{pending}) {
        return pending_status() if $flags == 0 && $shift == $pending->{shift};
        delete $partition{pending};
    }
    return H_PARAMETER if $flags != 0;
    return H_SUCCESS   if $shift == 0;
    return H_PARAMETER if $shift < 18 || $shift > 46;
    return H_RESOURCE  if $shift > MAX_SHIFT || (1 << $partition{shift}) + (1 << $shift) > HPT_POOL;
    my $needed_us = ((1 << $partition{shift}) + (1 << $shift)) / BYTES_PER_US;
    $needed_us = 0 if $needed_us <= PATIENCE_US;
    my $ready_us = $partition{clock_us} + $needed_us;
    $partition{pending}
        = {shift => $shift, state => 'preparing', ready_us => $ready_us, round => int($ready_us / RECLAIM_US)};
    catch_up();
    return pending_status();
}

sub resize_commit {
    my ($flags, $shift) = ($_[0], int32($_[1]));
    return H_FUNCTION  unless $offered;
    return H_AUTHORITY unless $partition{may_resize};
    my $pending = $partition{pending};
    return H_CLOSED    if !$pending || $flags != 0 || $shift != $pending->{shift};
    return H_BUSY      if $pending->{state} eq 'preparing';
    return H_PTEG_FULL if $pending->{state} eq 'collided';
    my $hpt = rehashed($shift) or return H_PTEG_FULL;
    @partition{qw(hpt shift)} = ($hpt, $shift);
    delete $partition{pending} unless $broken == 8;
    return H_SUCCESS;
}

# ------------------------------------------------------------------------------------------------ the HPT's entries

sub hpte { return $partition{hpt}{$_[0]} // [0, 0] }

# May the partition have this HPTE? It has memory from logical address 0 on, and no I/O.
sub suitable {
    my ($dw0, $dw1) = @_;
    my ($base, $actual) = page_sizes($dw0, $dw1) or return 0;
    my $page = $dw1 & RPN & ~((1 << $actual) - 1);
    my $rest = $dw1 & RPN & ((1 << $actual) - 1);
    return 0 if $dw0 >> 63;                                       # reserved segment sizes
    return 0 if $actual > 28 && !($dw0 >> 62);                    # larger than its segment
    return 0 if $actual > 20 && $rest >> 20;                      # what is left of LP is a boundary
    return $page + (1 << $actual) <= RAM_BYTES && ($dw1 & WIMG) == MEMORY_COHERENT;
}

sub enter {
    my ($flags, $ptex, $dw0, $dw1) = @_;
    return H_PARAMETER unless within($ptex) && suitable($dw0, $dw1);
    return H_TOO_BIG if $flags & TOUCHES_PAGE && (page_sizes($dw0, $dw1))[1] > 16;
    my $first = $flags & EXACT || $broken == 9 ? $ptex : $ptex & ~7;
    for my $slot ($first .. $first + ($flags & EXACT ? 0 : 7)) {
        next if hpte($slot)->[0] & V;
        $partition{hpt}{$slot} = [$dw0 & ~HYPERVISORS_SOFTWARE_BITS, $dw1 & ~RESERVED];
        return (H_SUCCESS, $slot);
    }
    return H_PTEG_FULL;
}

sub read_hpte {
    my ($flags, $ptex) = @_;
    return H_PARAMETER unless within($ptex);
    return (H_SUCCESS, @{hpte($ptex)}) unless $flags & READ_4;
    return (H_SUCCESS, map { @{hpte($_)} } ($ptex & ~3) .. ($ptex | 3));
}

sub remove {
    my ($flags, $ptex, $avpn) = @_;
    return H_PARAMETER unless within($ptex);
    my $old = hpte($ptex);
    return H_NOT_FOUND if $flags & AVPN    && $avpn != ($old->[0] & AVPN_BITS);
    return H_NOT_FOUND if $flags & ANDCOND && $avpn & $old->[0];
    delete $partition{hpt}{$ptex};
    return (H_SUCCESS, @$old);
}

sub protect {
    my ($flags, $ptex, $avpn) = @_;
    return H_PARAMETER unless $broken == 10 ? $ptex < 1 << (INITIAL_SHIFT - 4) : within($ptex);
    my ($dw0, $dw1) = @{hpte($ptex)};
    return H_NOT_FOUND unless $dw0 & V;
    return H_NOT_FOUND if $flags & AVPN && $avpn != ($dw0 & AVPN_BITS);
    my $protection = ($flags & 0x100) << 55 | ($flags & 0x3000) << 48 | $flags & (KEY_LOW | N | PP);
    $partition{hpt}{$ptex} = [$dw0, $dw1 & ~(PROTECTION | R) | $protection];
    return H_SUCCESS;
}

sub bulk_remove {
    my @specifiers = @_[0 .. 7];
    for my $i (0, 2, 4, 6) {
        my ($high, $avpn) = @specifiers[$i, $i + 1];
        my $type = $high >> 62;
        last if $type == 3;
        return (H_PARAMETER, @specifiers) if $type != 1;
        my $how  = $high >> 56 & 3;
        my $ptex = $high & (1 << 56) - 1;
        my $hpte = hpte($ptex);
        my $edge = $broken == 4 && $ptex == 1 << ($partition{shift} - 4);
        my $response;                                             # bits 2 to 5
        if    ($how == 3 || !(within($ptex) || $edge))            { $response = 8 }
        elsif ($how == 2 && $avpn != ($hpte->[0] & AVPN_BITS)
            || $how == 1 && $avpn & $hpte->[0] & AVPN_BITS)       { $response = 4 }
        else {
            $response = ($hpte->[1] & R ? 2 : 0) | ($hpte->[1] & C ? 1 : 0);
            delete $partition{hpt}{$ptex};
        }
        $specifiers[$i] = 2 << 62 | $response << 58 | $high & (1 << 58) - 1;
        return (H_PARAMETER, @specifiers) if $response == 8;
    }
    return (H_SUCCESS, @specifiers);
}

# Whatever was called. H_BULK_REMOVE says by its first request that this one was not carried out.
sub hardware_error {
    my ($high, @others) = @_;
    return (H_HARDWARE, 2 << 62 | 12 << 58 | $high & (1 << 58) - 1, @others[0 .. 6]);
}

my %HCALL = (
    0x4   => \&remove,      0x8   => \&enter,          0xc   => \&read_hpte, 0x18 => \&protect,
    0x124 => \&bulk_remove, 0x36c => \&resize_prepare, 0x370 => \&resize_commit,
);

# ---------------------------------------------------------------------------------------------------- the protocol

my $json = JSON::PP->new->canonical;

sub refuse { die {code => $_[0], message => $_[1]} }

my %EVENT = (
    reset        => \&boot,
    advance_time => sub { $partition{clock_us} += 1000 * $_[0]{ms}; catch_up(); return },
);

my %METHOD = (
    describe => sub {
        return {
            name => 'Perl hypervisor', version => '1', statement => statement(1),
            abilities => ['forbid_resize', 'reset', 'advance_time'],
        };
    },
    restart => sub {
        %partition = (may_resize => $_[0]{may_resize} // 1);
        boot();
        return {statement => statement($partition{may_resize})};
    },
    hcall => sub {
        my ($params) = @_;
        refuse(-32602, 'token or args are missing') unless defined $params->{token} && ref $params->{args} eq 'ARRAY';
        my @args = map { hex } @{$params->{args}};
        push @args, (0) x (9 - @args);
        $partition{clock_us} += CALL_US;
        catch_up();
        my $function = $HCALL{hex $params->{token}} // sub { return H_FUNCTION };
        $function = \&hardware_error if $faults && ++$partition{hcalls} % $faults == 0;
        my ($status, @out) = $function->(@args);
        return {status => sprintf('0x%x', $status), out => [map { sprintf '0x%x', $_ } @out]};
    },
    event => sub {
        my $event = $EVENT{$_[0]{name} // ''} // refuse(-32601, 'there is no such event');
        $event->($_[0]);
        return {};
    },
    shutdown => sub { return {} },
);

sub answer {
    my ($request) = @_;
    my %answer = (jsonrpc => '2.0', id => ref $request eq 'HASH' ? $request->{id} : undef);
    $answer{result} = eval {
        refuse(-32600, 'this is no request') unless ref $request eq 'HASH' && defined $request->{method};
        my $method = $METHOD{$request->{method}} // refuse(-32601, 'there is no such method');
        refuse(-32602, 'params are no object') unless ref($request->{params} // {}) eq 'HASH';
        $method->($request->{params} // {});
    };
    if (my $error = $@) {
        delete $answer{result};
        $answer{error} = ref $error eq 'HASH' ? $error : {code => -32603, message => "$error"};
    }
    return \%answer;
}

$| = 1;
$METHOD{restart}->({});
while (my $line = <STDIN>) {
    my $message = eval { $json->decode($line) };
    my $answer
        = !defined $message         ? {jsonrpc => '2.0', id => undef, error => {code => -32700, message => 'not JSON'}}
        : ref $message eq 'ARRAY'   ? [map { answer($_) } @$message]
        :                             answer($message);
    print $json->encode($answer), "\n";
    last if ref $message eq 'HASH' && ($message->{method} // '') eq 'shutdown';
}
