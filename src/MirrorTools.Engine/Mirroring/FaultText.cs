using MirrorTools.Engine.AsyncCopy.Preserving;
using MirrorTools.Engine.Volumes;

namespace MirrorTools.Engine.Mirroring;

/// <summary>What is behind a suspension, for people, and whether room is what is missing: then the storage itself is sound.</summary>
/// <param name="Detail">In the words of the fault.</param>
/// <param name="IsFull">True where a file system is full.</param>
internal readonly record struct FaultText(string Detail, bool IsFull = false)
{
    /// <summary>A fault that no storage is behind.</summary>
    public static implicit operator FaultText(string detail) => new(detail);

    /// <summary>The fault that an exception tells, itself or by what caused it.</summary>
    public static FaultText Of(Exception exception)
    {
        bool isFull = false;
        for (Exception? cause = exception; cause is not null && !isFull; cause = cause.InnerException)
        {
            isFull = cause is BlockDeviceException { Fault: BlockDeviceFault.Full } or AreaFullException;
        }

        return new FaultText(exception.Message, isFull);
    }
}
