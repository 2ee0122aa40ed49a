using MirrorTools.Engine.Volumes;

namespace MirrorTools.Engine.Copying;

/// <summary>The storage that is copied from failed, not the one that is copied to.</summary>
/// <param name="cause">Its own words.</param>
internal sealed class TransferReadException(BlockDeviceException cause) : IOException(cause.Message, cause);
