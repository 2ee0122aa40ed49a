using System.Collections.Concurrent;
using System.Runtime.Serialization;
using System.Runtime.Serialization.Json;

namespace MirrorTools.Contracts.Client;

/// <summary>The JSON of the control API as both .NET Framework and .NET write and read it without a package.</summary>
public static class MirrorJson
{
    private static readonly ConcurrentDictionary<Type, DataContractJsonSerializer> Serializers = new();

    /// <summary>Writes an object as UTF-8.</summary>
    /// <typeparam name="T">A data contract of this assembly.</typeparam>
    /// <param name="value">What to write.</param>
    public static byte[] Write<T>(T value)
        where T : class
    {
        using var buffer = new MemoryStream();
        For(typeof(T)).WriteObject(buffer, value);
        return buffer.ToArray();
    }

    /// <summary>Reads an object from UTF-8; members it does not know are ignored.</summary>
    /// <typeparam name="T">A data contract of this assembly.</typeparam>
    /// <param name="utf8">The JSON.</param>
    /// <exception cref="SerializationException">It is not JSON, or not of this shape.</exception>
    public static T Read<T>(byte[] utf8)
        where T : class
    {
        using var buffer = new MemoryStream(utf8, writable: false);
        try
        {
            return (T?)For(typeof(T)).ReadObject(buffer) ?? throw new SerializationException("The JSON is null.");
        }
        catch (Exception error) when (error is FormatException or OverflowException or InvalidCastException or System.Xml.XmlException)
        {
            throw new SerializationException($"The JSON is not a {typeof(T).Name}: {error.Message}", error);
        }
    }

    private static DataContractJsonSerializer For(Type type) => Serializers.GetOrAdd(
        type,
        key => new DataContractJsonSerializer(key, new DataContractJsonSerializerSettings { UseSimpleDictionaryFormat = true }));
}
