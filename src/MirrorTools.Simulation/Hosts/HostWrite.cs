namespace MirrorTools.Simulation.Hosts;

/// <summary>A write, trim or zeroing that a host issued. Instants are ticks of <see cref="WriteHistory.Clock"/>.</summary>
public sealed class HostWrite
{
    /// <summary>An instant that never came.</summary>
    public const long Never = long.MaxValue;

    /// <summary>The write's number, as its sectors carry it.</summary>
    public required long Id { get; init; }

    /// <summary>The volume's number.</summary>
    public required int Volume { get; init; }

    /// <summary>The first sector.</summary>
    public required long FirstSector { get; init; }

    /// <summary>How many sectors.</summary>
    public required int SectorCount { get; init; }

    /// <summary>True where it makes sectors zero instead of stamping them.</summary>
    public required bool IsZeroing { get; init; }

    /// <summary>True where its acknowledgement says that it is durable.</summary>
    public required bool IsForced { get; init; }

    /// <summary>Who wrote it, for people.</summary>
    public required string Writer { get; init; }

    /// <summary>When it was issued.</summary>
    public required long Issued { get; init; }

    /// <summary>True where something other than <see cref="IsForced"/> says that it was durable when it was acknowledged.</summary>
    public bool IsHardened { get; internal set; }

    /// <summary>When it was acknowledged; <see cref="Never"/> while in flight, and where its host died or was refused.</summary>
    public long Acknowledged { get; internal set; } = Never;

    /// <summary>True where it was answered with an error: any part of it may have happened.</summary>
    public bool HasFailed { get; internal set; }

    /// <summary>True where <paramref name="later"/> was issued after this was acknowledged, so that their order is fixed.</summary>
    public bool IsBefore(HostWrite later) => Acknowledged < later.Issued;

    /// <inheritdoc/>
    public override string ToString() =>
        $"write {Id} ({Writer}, volume {Volume} sectors {FirstSector}+{SectorCount}{(IsZeroing ? ", zeros" : "")}{(IsForced ? ", forced" : "")}, " +
        $"issued {Issued}, {(HasFailed ? "failed" : Acknowledged == Never ? "never acknowledged" : "acknowledged " + Acknowledged)})";
}
