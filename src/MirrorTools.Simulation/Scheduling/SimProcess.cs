namespace MirrorTools.Simulation.Scheduling;

/// <summary>
/// One incarnation of a simulated process. Everything that is awaited or timed under it dies with it: after <see cref="Kill"/> none of its
/// continuations runs, not even a <c>finally</c>, as after kill -9. A restart is a new <see cref="SimProcess"/>.
/// </summary>
public sealed class SimProcess
{
    private readonly List<Action> _onKilled = [];
    private readonly List<SimWorkItem> _parked = [];
    private TimeSpan _frozen;
    private TimeSpan _frozenSince;

    internal SimProcess(SimScheduler scheduler, string name, int ordinal)
    {
        Scheduler = scheduler;
        Name = name;
        Ordinal = ordinal;
        Context = new SimContext(this);
        Time = new SimTimeProvider(this);
    }

    /// <summary>Who it is, for people.</summary>
    public string Name { get; }

    /// <summary>The process's number within the run, in order of creation.</summary>
    public int Ordinal { get; }

    /// <summary>The scheduler that runs it.</summary>
    public SimScheduler Scheduler { get; }

    /// <summary>The context that its code awaits on.</summary>
    public SynchronizationContext Context { get; }

    /// <summary>The process's clock; its timers die with it.</summary>
    public SimTimeProvider Time { get; }

    /// <summary>False once killed.</summary>
    public bool IsAlive { get; private set; } = true;

    /// <summary>True while the process answers nothing: stopped, swapped out, or in the debugger.</summary>
    public bool IsFrozen { get; private set; }

    /// <summary>How long the process stood still in all.</summary>
    public TimeSpan FrozenTime => _frozen + (IsFrozen ? Scheduler.Now - _frozenSince : TimeSpan.Zero);

    /// <summary>Runs <paramref name="body"/> under the process; a failure that its task ends with fails the whole run.</summary>
    /// <param name="body">The process's work.</param>
    public void Start(Func<Task> body) => Context.Post(static state => Observe((Func<Task>)state!), body);

    /// <summary>Runs <paramref name="body"/> under the process and completes, for the caller's own context, with its result; never where the process dies.</summary>
    /// <param name="body">The work.</param>
    public Task<T> InvokeAsync<T>(Func<Task<T>> body)
    {
        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        Context.Post(_ => Complete(), null);
        return done.Task;

        async void Complete()
        {
            try
            {
                done.TrySetResult(await body());
            }
            catch (Exception e)
            {
                done.TrySetException(e);
            }
        }
    }

    /// <summary>Runs <paramref name="body"/> under the process and completes with its result, or with false where the process dies first.</summary>
    /// <param name="body">The work.</param>
    public async Task<(bool Ran, T? Result)> TryInvokeAsync<T>(Func<Task<T>> body)
    {
        if (!IsAlive)
        {
            return (false, default);
        }

        var died = new TaskCompletionSource<(bool, T?)>(TaskCreationOptions.RunContinuationsAsynchronously);
        OnKilled(() => died.TrySetResult((false, default)));
        _ = Forward();
        return await died.Task;

        async Task Forward()
        {
            try
            {
                died.TrySetResult((true, await InvokeAsync(body)));
            }
            catch (Exception e)
            {
                died.TrySetException(e);
            }
        }
    }

    /// <summary>Ends the process at once, without any of its code running again.</summary>
    public void Kill()
    {
        if (!IsAlive)
        {
            return;
        }

        IsAlive = false;
        _parked.Clear();
        Scheduler.Forget(this);
        foreach (var action in _onKilled)
        {
            action();
        }

        _onKilled.Clear();
    }

    /// <summary>Calls <paramref name="action"/>, part of the simulated world, at the instant of death: disks settle what was in flight, links break.</summary>
    public void OnKilled(Action action) => _onKilled.Add(action);

    /// <summary>Stops the process from running until <see cref="Thaw"/>.</summary>
    public void Freeze()
    {
        if (IsAlive && !IsFrozen)
        {
            IsFrozen = true;
            _frozenSince = Scheduler.Now;
            Scheduler.Park(this, _parked);
        }
    }

    /// <summary>Lets a frozen process run on, and everything that became due meanwhile with it.</summary>
    public void Thaw()
    {
        if (!IsFrozen)
        {
            return;
        }

        _frozen = FrozenTime;
        IsFrozen = false;
        foreach (var item in _parked)
        {
            Scheduler.Enqueue(item);
        }

        _parked.Clear();
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Name}#{Ordinal}{(IsAlive ? IsFrozen ? " (frozen)" : "" : " (dead)")}";

    internal void Deliver(SimWorkItem item)
    {
        if (IsFrozen)
        {
            _parked.Add(item);
        }
        else if (IsAlive)
        {
            Scheduler.Enqueue(item);
        }
    }

    // async void on purpose: what it throws reaches the context, and the context fails the run
    private static async void Observe(Func<Task> body) => await body();
}
