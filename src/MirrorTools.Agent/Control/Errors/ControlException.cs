namespace MirrorTools.Agent.Control.Errors;

/// <summary>An admin's request can't be done; carries the documented id, and the table behind it gives status, category and remedy.</summary>
/// <param name="errorId">One of <see cref="Contracts.Errors.ErrorIds"/> with a row in <see cref="ErrorTable"/>.</param>
/// <param name="message">What went wrong and why, in a sentence or two.</param>
/// <param name="target">The name or path it is about.</param>
/// <param name="innerException">The cause.</param>
public sealed class ControlException(string errorId, string message, string? target = null, Exception? innerException = null)
    : Exception(message, innerException)
{
    /// <summary>The documented id.</summary>
    public string ErrorId { get; } = errorId;

    /// <summary>The name or path it is about.</summary>
    public string? Target { get; } = target;

    /// <summary>A remedy that fits better than the table's; null where none does.</summary>
    public string? Remedy { get; init; }

    /// <summary>Further facts by name.</summary>
    public IReadOnlyDictionary<string, string> Details { get; init; } = new Dictionary<string, string>();
}
