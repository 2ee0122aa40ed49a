namespace MirrorTools.Contracts.Events;

/// <summary>How much an event matters.</summary>
public enum EventLevel
{
    /// <summary>Normal course.</summary>
    Information,

    /// <summary>Something degraded; the product copes.</summary>
    Warning,

    /// <summary>Somebody has to act.</summary>
    Error,
}
