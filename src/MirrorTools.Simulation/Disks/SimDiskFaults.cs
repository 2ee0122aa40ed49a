using MirrorTools.Engine.Volumes;

namespace MirrorTools.Simulation.Disks;

/// <summary>What is wrong with a disk at present; plans change it while the run goes on.</summary>
public sealed class SimDiskFaults
{
    private readonly List<(long FirstByte, long EndByte)> _bad = [];

    /// <summary>How often a read or write fails with <see cref="BlockDeviceFault.Unreachable"/>, which a retry may pass.</summary>
    public double TransientProbability { get; set; }

    /// <summary>How often a flush fails, which no retry passes.</summary>
    public double FlushFailureProbability { get; set; }

    /// <summary>How many of the next flushes fail.</summary>
    public int FailingFlushes { get; set; }

    /// <summary>How many of the next writes fail with <see cref="BlockDeviceFault.MediumError"/>.</summary>
    public int FailingWrites { get; set; }

    /// <summary>How many of the next reads fail with <see cref="BlockDeviceFault.MediumError"/>.</summary>
    public int FailingReads { get; set; }

    /// <summary>How many of the next reads bring one bit that is not what was written; the medium itself is sound.</summary>
    public int CorruptReads { get; set; }

    /// <summary>How many reads are spared before <see cref="CorruptReads"/> begins to count.</summary>
    public int SkippedReads { get; set; }

    /// <summary>True while every request fails with <see cref="BlockDeviceFault.Unreachable"/>.</summary>
    public bool IsGone { get; set; }

    /// <summary>The most bytes that may be allocated; a write past it fails with <see cref="BlockDeviceFault.Full"/>.</summary>
    public long? BudgetBytes { get; set; }

    /// <summary>True while every write fails with <see cref="BlockDeviceFault.Full"/>, of what was written before as well: a full file system that writes nothing in place.</summary>
    public bool IsFull { get; set; }

    /// <summary>What every request takes longer than usual: a stall.</summary>
    public TimeSpan ExtraLatency { get; set; }

    /// <summary>True while anything is wrong.</summary>
    public bool Any => _bad.Count > 0 || TransientProbability > 0 || FlushFailureProbability > 0 || FailingFlushes > 0 || FailingWrites > 0
        || FailingReads > 0 || CorruptReads > 0 || IsGone || BudgetBytes is not null || IsFull || ExtraLatency > TimeSpan.Zero;

    /// <summary>When a request last failed, or brought what was not written.</summary>
    public TimeSpan? LastFailure { get; internal set; }

    /// <summary>Makes a range fail with <see cref="BlockDeviceFault.MediumError"/> until <see cref="Repair"/>.</summary>
    public void AddBadRange(long offsetBytes, long lengthBytes) => _bad.Add((offsetBytes, offsetBytes + lengthBytes));

    /// <summary>Ends every fault.</summary>
    public void Repair()
    {
        _bad.Clear();
        TransientProbability = 0;
        FlushFailureProbability = 0;
        FailingFlushes = 0;
        FailingWrites = 0;
        FailingReads = 0;
        CorruptReads = 0;
        SkippedReads = 0;
        IsGone = false;
        BudgetBytes = null;
        IsFull = false;
        ExtraLatency = TimeSpan.Zero;
    }

    internal bool IsBad(long offsetBytes, long lengthBytes) =>
        _bad.Exists(range => offsetBytes < range.EndByte && range.FirstByte < offsetBytes + lengthBytes);
}
