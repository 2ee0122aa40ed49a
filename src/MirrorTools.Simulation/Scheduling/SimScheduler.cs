namespace MirrorTools.Simulation.Scheduling;

/// <summary>
/// Runs everything on one thread, one step at a time, in an order and at instants that are a function of the seed. A step is one ready continuation,
/// picked at random, or one due event; time moves only from event to event.
/// </summary>
public sealed class SimScheduler
{
    private readonly SimRandom _random;
    private readonly SimSchedulerOptions _options;
    private readonly List<SimWorkItem> _ready = [];
    private readonly PriorityQueue<SimEvent, (long DueTicks, long Sequence)> _events = new();
    private readonly List<SimProcess> _processes = [];
    private readonly SimTrace _trace;
    private long _sequence;
    private long _nowTicks;
    private int _threadId;
    private string? _escaped;

    /// <summary>Creates a scheduler.</summary>
    /// <param name="seed">What the run is a function of.</param>
    /// <param name="options">Bounds and habits; defaults where null.</param>
    public SimScheduler(ulong seed, SimSchedulerOptions? options = null)
    {
        Seed = seed;
        _options = options ?? new SimSchedulerOptions();
        Random = new SimRandom(seed);
        _random = Random.Fork("scheduler");
        _trace = new SimTrace(_options.Trace);
        _threadId = Environment.CurrentManagedThreadId;
        World = CreateProcess("world");
    }

    /// <summary>The run's seed.</summary>
    public ulong Seed { get; }

    /// <summary>The root generator: fork it, once per part, while the run is set up.</summary>
    public SimRandom Random { get; }

    /// <summary>The process that never dies: media, wires, and the run's own director.</summary>
    public SimProcess World { get; }

    /// <summary>How many steps have run.</summary>
    public long Step { get; private set; }

    /// <summary>Simulated time since the run's start.</summary>
    public TimeSpan Now => new(_nowTicks);

    /// <summary>The simulated wall clock's instant at the run's start.</summary>
    public DateTimeOffset Epoch => _options.Epoch;

    /// <summary>The simulated wall clock.</summary>
    public DateTimeOffset UtcNow => _options.Epoch + Now;

    /// <summary>The hash over every step so far: equal for two runs of a seed.</summary>
    public ulong Hash => _trace.Hash;

    /// <summary>Called before each step, with its number: where plans strike.</summary>
    public Action<long>? BeforeStep { get; set; }

    internal bool IsOnSchedulerThread => Environment.CurrentManagedThreadId == _threadId;

    /// <summary>A new process, or a new incarnation of one that died.</summary>
    public SimProcess CreateProcess(string name)
    {
        var process = new SimProcess(this, name, _processes.Count);
        _processes.Add(process);
        return process;
    }

    /// <summary>Lets <paramref name="action"/> happen after <paramref name="delay"/> of simulated time, unless its owner is dead by then.</summary>
    /// <param name="delay">From now; not negative.</param>
    /// <param name="action">Runs under the owner's context.</param>
    /// <param name="label">What it is, for people.</param>
    /// <param name="owner">Whose it is; the world's where null.</param>
    public SimEvent Schedule(TimeSpan delay, Action action, string label, SimProcess? owner = null)
    {
        var dueTicks = _nowTicks + Math.Max(0, delay.Ticks);
        var scheduled = new SimEvent(owner ?? World, action, label, dueTicks, NextSequence());
        _events.Enqueue(scheduled, (dueTicks, scheduled.Sequence));
        return scheduled;
    }

    /// <summary>Adds a line to the trace that people read; it doesn't count as a step.</summary>
    public void Note(string text) => _trace.Note(Step, _nowTicks, text);

    /// <summary>Runs <paramref name="main"/>, under <see cref="World"/>, to its end.</summary>
    /// <exception cref="SimFailureException">The run is stuck, too long, escaped its thread, or threw where nobody awaits.</exception>
    public void Run(Func<Task> main)
    {
        _threadId = Environment.CurrentManagedThreadId;
        var before = SynchronizationContext.Current;
        try
        {
            var done = World.InvokeAsync(async () =>
            {
                await main();
                return true;
            });
            while (!done.IsCompleted)
            {
                RunStep();
            }

            done.GetAwaiter().GetResult();
            ThrowIfEscaped();
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(before);
        }
    }

    /// <summary>What a person needs to see of a run that went wrong: processes, what is ready, what is due, and the last steps.</summary>
    public string Dump()
    {
        var text = new StringWriter();
        text.WriteLine($"seed {Seed}, step {Step}, time {Now:c}, hash {Hash:x16}");
        text.WriteLine($"processes: {string.Join(", ", _processes.TakeLast(12))}");
        foreach (var item in _ready.Take(20))
        {
            text.WriteLine($"  ready {item.Process}: {item.Describe()}");
        }

        foreach (var (due, _) in _events.UnorderedItems.Where(e => e.Element.IsLive).OrderBy(e => e.Priority).Take(20))
        {
            text.WriteLine($"  due {new TimeSpan(due.DueTicks):c} {due.Owner}: {due.Label}");
        }

        _trace.WriteLast(text);
        return text.ToString();
    }

    internal long NextSequence() => ++_sequence;

    internal void Enqueue(SimWorkItem item) => _ready.Add(item);

    internal void Forget(SimProcess process) => _ready.RemoveAll(item => item.Process == process);

    internal void Park(SimProcess process, List<SimWorkItem> parked)
    {
        parked.AddRange(_ready.Where(item => item.Process == process));
        Forget(process);
    }

    internal void ReportEscape(string who) => Interlocked.CompareExchange(ref _escaped, who, null);

    private void RunStep()
    {
        BeforeStep?.Invoke(Step);
        DropDeadEvents();
        var hasEvent = _events.TryPeek(out var next, out _);
        if (_ready.Count > 0 && !(hasEvent && RaceIsOn(next!)))
        {
            RunReady();
        }
        else if (hasEvent)
        {
            RunEvent(_events.Dequeue());
        }
        else
        {
            ThrowStuck();
        }

        ThrowIfEscaped();
        if (++Step > _options.MaxSteps)
        {
            throw new SimFailureException(SimFailureKind.StepLimit, $"The run took more than {_options.MaxSteps} steps.\n{Dump()}");
        }

        if (_nowTicks > _options.MaxSimulatedTime.Ticks)
        {
            throw new SimFailureException(SimFailureKind.TimeLimit, $"The run took more than {_options.MaxSimulatedTime:c} of simulated time.\n{Dump()}");
        }
    }

    private bool RaceIsOn(SimEvent next) =>
        next.DueTicks - _nowTicks <= _options.TimerRaceWindow.Ticks && _random.Chance(_options.TimerRaceProbability);

    private void RunReady()
    {
        var index = _random.Next(_ready.Count);
        var item = _ready[index];
        _ready[index] = _ready[^1];
        _ready.RemoveAt(_ready.Count - 1);
        _trace.Add(Step, _nowTicks, item.Process, item.Sequence, item, null);
        Execute(item.Process, item.Callback, item.State);
    }

    private void RunEvent(SimEvent due)
    {
        _nowTicks = Math.Max(_nowTicks, due.DueTicks);
        _trace.Add(Step, _nowTicks, due.Owner, due.Sequence, null, due.Label);
        if (due.Owner.IsFrozen)
        {
            due.Owner.Deliver(new SimWorkItem(due.Owner, static state => ((Action)state!)(), due.Action, due.Sequence));
            return;
        }

        Execute(due.Owner, static state => ((Action)state!)(), due.Action);
    }

    private void Execute(SimProcess process, SendOrPostCallback callback, object? state)
    {
        SynchronizationContext.SetSynchronizationContext(process.Context);
        try
        {
            callback(state);
        }
        catch (Exception e) when (e is not SimFailureException)
        {
            throw new SimFailureException(SimFailureKind.Unhandled, $"{process} threw where nobody awaits: {e.Message}\n{Dump()}", e);
        }
    }

    private void DropDeadEvents()
    {
        while (_events.TryPeek(out var next, out _) && !next.IsLive)
        {
            _events.Dequeue();
        }
    }

    private void ThrowStuck()
    {
        // a continuation that went to another thread may be on its way back: then that is the cause, and the message to show
        // (a busy pool may take long to pick it up: it is waited for until the pool has had time for something else)
        var hasPoolTurned = false;
        ThreadPool.UnsafeQueueUserWorkItem(_ => Volatile.Write(ref hasPoolTurned, true), null);
        SpinWait.SpinUntil(() => Volatile.Read(ref hasPoolTurned) || Volatile.Read(ref _escaped) is not null, TimeSpan.FromMinutes(2));
        SpinWait.SpinUntil(() => Volatile.Read(ref _escaped) is not null, TimeSpan.FromSeconds(3));
        ThrowIfEscaped();
        throw new SimFailureException(SimFailureKind.Deadlock, $"Nothing is ready and no timer is set: everyone waits for ever.\n{Dump()}");
    }

    private void ThrowIfEscaped()
    {
        if (Volatile.Read(ref _escaped) is { } who)
        {
            throw new SimFailureException(
                SimFailureKind.Escaped,
                $"{who} was continued from a pool thread. Task.WaitAsync, WhenAny and WhenAll over a TaskCompletionSource with " +
                $"RunContinuationsAsynchronously, SemaphoreSlim.WaitAsync with a token and ContinueWith hop there.\n{Dump()}");
        }
    }
}
