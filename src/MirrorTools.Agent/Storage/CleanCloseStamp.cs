namespace MirrorTools.Agent.Storage;

/// <summary>
/// What a storage looked like when it was closed cleanly. A storage that looks different when it is opened was written by somebody else, and nothing about its
/// content is trusted before a comparison by hash.
/// </summary>
/// <param name="LengthBytes">The storage's size.</param>
/// <param name="ModifiedNs">When the content was modified last, in ns since 1970 UTC; 0 for a block device, whose node does not tell.</param>
/// <param name="ChangedNs">When the file's record changed last, in ns since 1970 UTC; 0 for a block device.</param>
public readonly record struct CleanCloseStamp(long LengthBytes, long ModifiedNs, long ChangedNs)
{
    /// <summary>False where the operating system keeps no time of the last write: equality then says nothing more than an equal size.</summary>
    public bool ShowsForeignWrites => ModifiedNs != 0;
}
