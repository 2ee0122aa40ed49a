namespace MirrorTools.Simulation.Scheduling;

/// <summary>The run's steps: a hash over all of them, the last few for people, and every one where a writer is given.</summary>
internal sealed class SimTrace(TextWriter? sink)
{
    private const int KeptEntries = 64;

    private readonly Entry[] _last = new Entry[KeptEntries];
    private long _count;

    public ulong Hash { get; private set; } = TraceHash.Initial;

    public void Add(long step, long nowTicks, SimProcess process, long sequence, SimWorkItem? item, string? label)
    {
        var hash = TraceHash.Add(Hash, (ulong)nowTicks);
        hash = TraceHash.Add(hash, (ulong)sequence);
        Hash = TraceHash.Add(hash, (ulong)process.Ordinal);
        Keep(new Entry(step, nowTicks, process, item, label));
    }

    public void Note(long step, long nowTicks, string text) => Keep(new Entry(step, nowTicks, null, null, text));

    public void WriteLast(TextWriter text)
    {
        for (var i = Math.Max(0, _count - KeptEntries); i < _count; i++)
        {
            text.WriteLine(_last[i % KeptEntries].ToString());
        }
    }

    private void Keep(Entry entry)
    {
        _last[_count++ % KeptEntries] = entry;
        sink?.WriteLine(entry.ToString());
    }

    private readonly record struct Entry(long Step, long NowTicks, SimProcess? Process, SimWorkItem? Item, string? Label)
    {
        public override string ToString() =>
            $"{Step,8} {new TimeSpan(NowTicks):c} {(Process is null ? "  **" : $"{Process.Name}#{Process.Ordinal}")} {Item?.Describe() ?? Label}";
    }
}
