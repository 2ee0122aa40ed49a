using System.Globalization;
using MirrorTools.Simulation.Scheduling;

namespace MirrorTools.Simulation.Faults;

/// <summary>Carries a plan out: hands each action to its verb's handler when its trigger is reached, and keeps what was done as a plan that replays it.</summary>
public sealed class FaultPlanRunner
{
    private const string ArmVerb = "arm", AfterVerb = "after", NothingVerb = "nothing";

    private readonly SimScheduler _scheduler;
    private readonly Dictionary<string, Action<IReadOnlyList<string>>> _handlers = [];
    private readonly Dictionary<string, long> _marks = [];
    private readonly Dictionary<(string Mark, long Count), List<Action>> _atMark = [];
    private readonly Queue<FaultAction> _atStep;
    private readonly List<FaultAction> _done = [];

    /// <summary>Creates the runner and sets its timers; add the handlers before the run starts.</summary>
    public FaultPlanRunner(SimScheduler scheduler, FaultPlan plan)
    {
        _scheduler = scheduler;
        _handlers[ArmVerb] = words => DoAt(words[0], long.Parse(words[1], NumberStyles.None, CultureInfo.InvariantCulture), words[2], [.. words.Skip(3)]);
        _handlers[AfterVerb] = words => After(TimeSpan.FromMicroseconds(long.Parse(words[0], NumberStyles.None, CultureInfo.InvariantCulture)), words[1], [.. words.Skip(2)]);
        _handlers[NothingVerb] = static _ => { };
        _atStep = new Queue<FaultAction>(plan.Actions.Where(a => a.Trigger.Kind == FaultTriggerKind.Step).OrderBy(a => a.Trigger.Count));
        foreach (var action in plan.Actions)
        {
            if (action.Trigger.Kind == FaultTriggerKind.Time)
            {
                scheduler.Schedule(TimeSpan.FromTicks(action.Trigger.Count) - scheduler.Now, () => Do(action), action.Verb);
            }
            else if (action.Trigger.Kind == FaultTriggerKind.Mark)
            {
                AddAtMark(action.Trigger, () => Do(action));
            }
        }

        scheduler.BeforeStep += AtStep;
    }

    /// <summary>What was done so far, at which instants: a plan of its own.</summary>
    public FaultPlan Done => new([.. _done]);

    /// <summary>How often each mark was reached.</summary>
    public IReadOnlyDictionary<string, long> Marks => _marks;

    /// <summary>True while the world is being built: marks are counted, and nothing happens at them.</summary>
    public bool IsHeld { get; set; }

    /// <summary>Says what a verb does.</summary>
    public void Handle(string verb, Action<IReadOnlyList<string>> handler) => _handlers[verb] = handler;

    /// <summary>Does something now and keeps it in <see cref="Done"/>: for faults that a seed draws.</summary>
    public void Do(string verb, params IReadOnlyList<string> arguments) =>
        Do(new FaultAction(FaultTrigger.AtTime(_scheduler.Now), verb, arguments));

    /// <summary>Does something when <paramref name="mark"/> is reached for the <paramref name="later"/>th time from now, and keeps in <see cref="Done"/> that it waits: for faults that a seed draws.</summary>
    public void Arm(string mark, long later, string verb, params IReadOnlyList<string> arguments) =>
        Do(ArmVerb, [mark, later.ToString(CultureInfo.InvariantCulture), verb, .. arguments]);

    /// <summary>Lets an instant pass that a seed drew: a replay has a step there as well, and so takes the same course.</summary>
    public void DoNothing() => Do(NothingVerb);

    /// <summary>
    /// Does something when <paramref name="mark"/> is reached for the <paramref name="later"/>th time from now: for what the course of a run brings. It is not kept in
    /// <see cref="Done"/>, since it is brought in a replay as well.
    /// </summary>
    public void DoAt(string mark, long later, string verb, params IReadOnlyList<string> arguments)
    {
        var trigger = FaultTrigger.AtMark(mark, _marks.GetValueOrDefault(mark) + later);
        AddAtMark(trigger, () => Carry(new FaultAction(trigger, verb, arguments)));
    }

    /// <summary>Forgets what still waits for a mark.</summary>
    public void Disarm() => _atMark.Clear();

    /// <summary>Counts one more time that <paramref name="mark"/> is reached, and does what the plan has for it.</summary>
    public void Reach(string mark)
    {
        var count = _marks[mark] = _marks.GetValueOrDefault(mark) + 1;
        if (!IsHeld && _atMark.Count > 0 && _atMark.TryGetValue((mark, count), out var actions))
        {
            actions.ForEach(static action => action());
        }
    }

    // Some microseconds after a mark, what was sent then is under way or has just arrived.
    private void After(TimeSpan delay, string verb, IReadOnlyList<string> arguments) =>
        _scheduler.Schedule(delay, () => Carry(new FaultAction(FaultTrigger.AtTime(_scheduler.Now), verb, arguments)), verb);

    private void AddAtMark(FaultTrigger trigger, Action action)
    {
        var key = (trigger.Mark, trigger.Count);
        if (!_atMark.TryGetValue(key, out var actions))
        {
            _atMark[key] = actions = [];
        }

        actions.Add(action);
    }

    private void AtStep(long step)
    {
        while (_atStep.TryPeek(out var action) && action.Trigger.Count <= step)
        {
            Do(_atStep.Dequeue());
        }
    }

    private void Do(FaultAction action)
    {
        _done.Add(action);
        Carry(action);
    }

    private void Carry(FaultAction action)
    {
        if (!_handlers.TryGetValue(action.Verb, out var handler))
        {
            throw new FormatException($"The scenario has no action \"{action.Verb}\"; it knows {string.Join(", ", _handlers.Keys.Order(StringComparer.Ordinal))}.");
        }

        _scheduler.Note(action.ToString());
        handler(action.Arguments);
    }
}
