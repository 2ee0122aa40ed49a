namespace MirrorTools.Protocols.Nbd;

/// <summary>A run of bytes with one status in a metadata context.</summary>
/// <param name="LengthBytes">How long the run is; positive.</param>
/// <param name="Flags">The status; its meaning is the context's (see <see cref="NbdMetaContexts"/>).</param>
public readonly record struct NbdStatusExtent(long LengthBytes, uint Flags);
