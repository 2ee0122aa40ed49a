using MirrorTools.Cmdlets.Connection;

namespace MirrorTools.Cmdlets.Volumes;

/// <summary>Bytes of a volume, as Read-MirrorVolume writes and Write-MirrorVolume takes them.</summary>
public sealed class MirrorVolumeData
{
    internal MirrorVolumeData(string volume, long offset, byte[] bytes, MirrorAgentReference agent)
    {
        Volume = volume;
        Offset = offset;
        Bytes = bytes;
        Agent = agent;
    }

    /// <summary>The volume's name.</summary>
    public string Volume { get; }

    /// <summary>Where the bytes begin in the volume.</summary>
    public long Offset { get; }

    /// <summary>How many bytes.</summary>
    public long Length => Bytes.LongLength;

    /// <summary>The bytes.</summary>
    public byte[] Bytes { get; }

    /// <summary>The agent they came from.</summary>
    public MirrorAgentReference Agent { get; }

    /// <inheritdoc/>
    public override string ToString() => $"{Volume}: {Length} bytes at {Offset}";
}
