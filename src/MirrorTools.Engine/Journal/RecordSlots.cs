namespace MirrorTools.Engine.Journal;

/// <summary>A record of up to 32 KiB in two slots written in turn: a write that is cut leaves the one before. Used serially.</summary>
public sealed class RecordSlots
{
    /// <summary>The largest payload, in bytes.</summary>
    public const int MaximumPayloadBytes = 32 * 1024;

    /// <summary>The payload of the newest record; empty where none was ever written.</summary>
    public ReadOnlyMemory<byte> Current => throw new NotImplementedException();

    /// <summary>The newest record's number; 0 where none was ever written.</summary>
    public ulong Sequence => throw new NotImplementedException();

    /// <summary>Writes a record into the older slot; durable when it returns.</summary>
    public Task WriteAsync(ReadOnlyMemory<byte> payload, CancellationToken cancellationToken) => throw new NotImplementedException();
}
