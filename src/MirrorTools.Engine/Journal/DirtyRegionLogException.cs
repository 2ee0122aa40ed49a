namespace MirrorTools.Engine.Journal;

/// <summary>A region can't be made hot: the write into it must fail (P-8's one exception). Hot regions stay usable.</summary>
/// <param name="message">A sentence that names the cause.</param>
/// <param name="isTransient">True where waiting may help: every slot is taken and cooling is slow.</param>
/// <param name="innerException">The fault of the place that failed last.</param>
public sealed class DirtyRegionLogException(string message, bool isTransient, Exception? innerException = null) : IOException(message, innerException)
{
    /// <summary>True where the same request may succeed later without anything being replaced.</summary>
    public bool IsTransient { get; } = isTransient;
}
