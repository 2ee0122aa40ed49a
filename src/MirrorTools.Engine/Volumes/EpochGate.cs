using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using MirrorTools.Engine.Waiting;

namespace MirrorTools.Engine.Volumes;

/// <summary>
/// A gate over operations in flight: hosts' writes of all volumes of a group (F-2), or reads of a committed image (F-15). Passing it open takes two interlocked
/// additions on a stripe of its own and neither locks nor allocates. Closing it waits for the operations that are inside and holds new ones, so that whoever
/// closed it stands at one instant between them; a grace period waits for the operations that are inside now without holding anybody.
/// </summary>
/// <remarks>
/// Each stripe counts the entrants of two parities. A closer or a grace period turns the parity, so that the sum over one parity falls to zero once those that
/// entered before the turn have left. An entrant counts itself first and looks at the gate second; a closer writes first and counts second: one of them sees the other.
/// </remarks>
public sealed class EpochGate
{
    private const int StripeCount = 16;
    private const long ClosedBit = 1L << 62;

    private readonly Stripe[] _stripes = new Stripe[StripeCount];
    private readonly TimeProvider _time;

    // Bit 62: closed. The rest: how often the parity was turned; its lowest bit is the parity new entrants count in.
    private long _word;
    private TaskCompletionSource? _opened;
    private TaskCompletionSource? _drained;
    private int _drainParity = -1;
    private Task _turn = Task.CompletedTask;
    private readonly object _slowPath = new();

    /// <summary>Creates an open gate.</summary>
    /// <param name="time">The clock of the deadlines.</param>
    public EpochGate(TimeProvider time) => _time = time;

    /// <summary>True while new entrants are held.</summary>
    public bool IsClosed => (Volatile.Read(ref _word) & ClosedBit) != 0;

    /// <summary>Enters where the gate is open; the ticket goes back by <see cref="Exit"/>.</summary>
    /// <returns>False where the gate is closed: wait by <see cref="WaitOpenAsync"/> and try again.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryEnter(out int ticket)
    {
        int stripe = StripeOfCaller();
        while (true)
        {
            long word = Volatile.Read(ref _word);
            if ((word & ClosedBit) != 0)
            {
                ticket = -1;
                return false;
            }

            int parity = (int)(word & 1);
            ticket = (stripe << 1) | parity;
            Interlocked.Increment(ref CounterOf(ticket));
            if (Volatile.Read(ref _word) == word)
            {
                return true;
            }

            Exit(ticket);
        }
    }

    /// <summary>Enters though the gate is closed: for what whoever closed it lets happen before the gate opens again. Grace periods wait for it as for anybody.</summary>
    /// <returns>The ticket for <see cref="Exit"/>.</returns>
    public int EnterClosed()
    {
        int stripe = StripeOfCaller();
        while (true)
        {
            long word = Volatile.Read(ref _word);
            int ticket = (stripe << 1) | (int)(word & 1);
            Interlocked.Increment(ref CounterOf(ticket));
            if (Volatile.Read(ref _word) == word)
            {
                return ticket;
            }

            Exit(ticket);
        }
    }

    /// <summary>Leaves the gate.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Exit(int ticket)
    {
        Interlocked.Decrement(ref CounterOf(ticket));
        if (Volatile.Read(ref _drainParity) == (ticket & 1))
        {
            SignalIfDrained();
        }
    }

    /// <summary>Completes when the gate is open (again).</summary>
    public Task WaitOpenAsync()
    {
        lock (_slowPath)
        {
            return IsClosed ? (_opened ??= NewSignal()).Task : Task.CompletedTask;
        }
    }

    /// <summary>Holds new entrants and waits for those inside. The caller opens it again by <see cref="Open"/>, whatever happened in between.</summary>
    /// <exception cref="TimeoutException">Somebody stayed inside past the deadline; the gate is open again.</exception>
    public async Task CloseAsync(TimeSpan deadline)
    {
        try
        {
            Task before = await TakeTurnAsync(closing: true, deadline);
            await before.WithDeadline(deadline, _time, CancellationToken.None);
        }
        catch (TimeoutException)
        {
            Open();
            throw;
        }
    }

    /// <summary>Lets everybody in again.</summary>
    public void Open()
    {
        TaskCompletionSource? opened;
        lock (_slowPath)
        {
            Interlocked.And(ref _word, ~ClosedBit);
            (opened, _opened) = (_opened, null);
        }

        opened?.TrySetResult();
    }

    /// <summary>Waits until everyone who is inside now has left, holding nobody.</summary>
    /// <exception cref="TimeoutException">Somebody stayed inside past the deadline.</exception>
    public async Task GraceAsync(TimeSpan deadline)
    {
        Task before = await TakeTurnAsync(closing: false, deadline);
        await before.WithDeadline(deadline, _time, CancellationToken.None);
    }

    // One turn of the parity at a time: the next waits for the one before to have drained, or the parity would count two generations.
    private async Task<Task> TakeTurnAsync(bool closing, TimeSpan deadline)
    {
        while (true)
        {
            Task running;
            lock (_slowPath)
            {
                running = _turn;
                if (running.IsCompleted)
                {
                    TaskCompletionSource drained = NewSignal();
                    _drained = drained;
                    long word = Volatile.Read(ref _word);
                    Volatile.Write(ref _drainParity, (int)(word & 1));
                    Interlocked.Exchange(ref _word, (word + 1) | (closing ? ClosedBit : word & ClosedBit));
                    _turn = drained.Task;
                    running = drained.Task;
                    if (SumOf(_drainParity) == 0)
                    {
                        FinishDrain();
                    }

                    return running;
                }

                if (closing)
                {
                    // New entrants are held from now on; the turn itself follows as soon as the one under way has ended.
                    Interlocked.Or(ref _word, ClosedBit);
                }
            }

            await running.WithDeadline(deadline, _time, CancellationToken.None);
        }
    }

    private void SignalIfDrained()
    {
        if (SumOf(Volatile.Read(ref _drainParity)) != 0)
        {
            return;
        }

        lock (_slowPath)
        {
            if (_drainParity >= 0 && SumOf(_drainParity) == 0)
            {
                FinishDrain();
            }
        }
    }

    private void FinishDrain()
    {
        Volatile.Write(ref _drainParity, -1);
        TaskCompletionSource? drained = _drained;
        _drained = null;
        drained?.TrySetResult();
    }

    private long SumOf(int parity)
    {
        if (parity < 0)
        {
            return 0;
        }

        long sum = 0;
        for (int stripe = 0; stripe < StripeCount; stripe++)
        {
            sum += Volatile.Read(ref CounterOf((stripe << 1) | parity));
        }

        return sum;
    }

#pragma warning disable RS0030 // The processor only chooses the counter's cache line; nothing that can be observed depends on it.
    private static int StripeOfCaller() => Thread.GetCurrentProcessorId() & (StripeCount - 1);
#pragma warning restore RS0030

    private ref long CounterOf(int ticket)
    {
        ref Stripe stripe = ref _stripes[ticket >> 1];
        return ref (ticket & 1) == 0 ? ref stripe.Even : ref stripe.Odd;
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    // Two cache lines, so that entrants on two processors don't share one.
    [StructLayout(LayoutKind.Explicit, Size = 128)]
    private struct Stripe
    {
        [FieldOffset(0)]
        public long Even;

        [FieldOffset(8)]
        public long Odd;
    }
}
